using HiCorr.Native.Layers;

namespace HiCorr.Native.Optim;

/// <summary>An optimiser over named parameters, with all the state that has to be saved for going on with the same bits.</summary>
public interface IOptimiser : IDisposable
{
    /// <summary>Steps done; part of the state.</summary>
    StateCounter Steps { get; }

    /// <summary>Arrays that it keeps for the parameters, named after them.</summary>
    IReadOnlyList<StateBuffer> Buffers { get; }

    /// <summary>One step along the gradients, which stay as they are.</summary>
    void Step(double learningRate);
}
