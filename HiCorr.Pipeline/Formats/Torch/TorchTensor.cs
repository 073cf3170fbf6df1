namespace HiCorr.Pipeline.Formats.Torch;

/// <summary>A tensor of a PyTorch checkpoint, row-major: float32 values or int64 ones.</summary>
public sealed class TorchTensor
{
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>The values of a float32 tensor; empty for an int64 one.</summary>
    public ReadOnlyMemory<float> Floats { get; init; }

    /// <summary>The values of an int64 tensor; empty for a float32 one.</summary>
    public ReadOnlyMemory<long> Integers { get; init; }

    public required bool IsFloat { get; init; }
}
