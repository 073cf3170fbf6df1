namespace HiCorr.Pipeline.Formats.Torch;

/// <summary>A class or function that a pickle names.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A storage that a pickle refers to: the archive's entry data/KEY.</summary>
internal sealed record PickleStorage(PickleGlobal Type, string Key, long Count);

/// <summary>A tensor as a window on a storage; sizes and strides as the pickle has them, not yet checked.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Sizes, long[] Strides);

/// <summary>A dictionary in insertion order.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Items { get; } = [];
}

/// <summary>Marks the start of a tuple, list or run of items on the pickle's stack.</summary>
internal sealed class PickleMark
{
    public static readonly PickleMark Instance = new();
}
