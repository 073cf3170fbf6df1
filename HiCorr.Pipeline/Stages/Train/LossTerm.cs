using HiCorr.Native.Layers;
using HiCorr.Native.Optim;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>A term of the training's loss, with what it trains beside the 3D network.</summary>
internal abstract class LossTerm : IDisposable
{
    /// <summary>Trained with it, and saved in the checkpoint only: inference needs none of them.</summary>
    public virtual IReadOnlyList<Network> Networks => [];

    /// <summary>Those of its parameters that move with the 3D network's, by the same optimiser.</summary>
    public virtual IReadOnlyList<Parameter> SharedParameters => [];

    /// <summary>What moves the others; null where there are none.</summary>
    public virtual IOptimiser? Optimiser => null;

    /// <param name="epoch">From 0.</param>
    public virtual bool Counts(int epoch) => true;

    /// <summary>Hands the gradient of the features to the pass, sets that of its own parameters, and gives its part of the epoch's sums.</summary>
    public abstract EpochLosses Step(TrainingPass pass);

    /// <summary>Moves its own parameters after a step that counted.</summary>
    public virtual void Update(double epoch)
    {
    }

    public virtual void Dispose()
    {
    }
}
