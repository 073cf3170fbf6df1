using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Pipeline.Formats.Safetensors;

namespace HiCorr.Pipeline.Networks;

/// <summary>Named state to and from safetensors, bit by bit.</summary>
internal static class NetworkState
{
    /// <summary>Weights, running statistics and counters under MinkowskiEngine's names.</summary>
    public static IEnumerable<SafetensorsTensor> Of(Network network)
    {
        foreach (Parameter parameter in network.Parameters) yield return new SafetensorsTensor(parameter.Name, [.. parameter.Shape], parameter.Value.ToArray());
        foreach (StateBuffer buffer in network.Buffers) yield return new SafetensorsTensor(buffer.Name, [.. buffer.Shape], buffer.Value.ToArray());
        foreach (StateCounter counter in network.Counters) yield return new SafetensorsTensor(counter.Name, [1], [counter.Value]);
    }

    public static IEnumerable<SafetensorsTensor> Of(IOptimiserState optimiser)
    {
        foreach (StateBuffer buffer in optimiser.Buffers) yield return new SafetensorsTensor(buffer.Name, [.. buffer.Shape], buffer.Value.ToArray());
        yield return new SafetensorsTensor(optimiser.Steps.Name, [1], [optimiser.Steps.Value]);
    }

    /// <exception cref="ArtefactException">A tensor is missing or has another shape.</exception>
    public static void Restore(SafetensorsFile file, Network network)
    {
        foreach (Parameter parameter in network.Parameters) parameter.Value.CopyFrom(file.Floats(parameter.Name, [.. parameter.Shape]));
        foreach (StateBuffer buffer in network.Buffers) buffer.Value.CopyFrom(file.Floats(buffer.Name, [.. buffer.Shape]));
        foreach (StateCounter counter in network.Counters) counter.Value = file.Integers(counter.Name, 1)[0];
    }

    /// <exception cref="ArtefactException">A tensor is missing or has another shape.</exception>
    public static void Restore(SafetensorsFile file, IOptimiserState optimiser)
    {
        foreach (StateBuffer buffer in optimiser.Buffers) buffer.Value.CopyFrom(file.Floats(buffer.Name, [.. buffer.Shape]));
        optimiser.Steps.Value = file.Integers(optimiser.Steps.Name, 1)[0];
    }
}
