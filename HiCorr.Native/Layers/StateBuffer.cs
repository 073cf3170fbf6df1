using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>An array that belongs to the state but is not trained: a running statistic, or an optimiser's momentum.</summary>
/// <param name="Name">Its name in a state dict.</param>
/// <param name="Shape">Its shape in a state dict.</param>
/// <param name="Value">Its values.</param>
public sealed record StateBuffer(string Name, IReadOnlyList<int> Shape, Tensor Value);

/// <summary>A whole number that belongs to the state, such as num_batches_tracked.</summary>
public sealed class StateCounter(string name)
{
    public string Name { get; } = name;

    public long Value { get; set; }
}
