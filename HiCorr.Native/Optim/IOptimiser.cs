namespace HiCorr.Native.Optim;

/// <summary>An optimiser over named parameters, with all the state that has to be saved for going on with the same bits; its arrays are named after the parameters.</summary>
public interface IOptimiser : IOptimiserState, IDisposable
{
    /// <summary>One step along the gradients, which stay as they are.</summary>
    void Step(double learningRate);
}
