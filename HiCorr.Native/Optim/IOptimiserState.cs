using HiCorr.Native.Layers;

namespace HiCorr.Native.Optim;

/// <summary>What a checkpoint keeps of an optimiser, or of what works beside one.</summary>
public interface IOptimiserState
{
    /// <summary>Steps done; part of the state.</summary>
    StateCounter Steps { get; }

    /// <summary>Arrays that it keeps.</summary>
    IReadOnlyList<StateBuffer> Buffers { get; }
}
