using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Tensors;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// OpenScene's 3D distillation, in place of L_ce: the mean of 1 - cos(f, fused feature) over the points with a fused feature, f that of their voxel. The
/// last term of its pass.
/// </summary>
internal sealed class DistillationLoss : LossTerm
{
    public override EpochLosses Step(TrainingPass pass)
    {
        RowTargets targets = pass.Batch.Fused!;
        using Tensor rows = TrainingPass.Take(pass.Device, pass.Features, targets.Rows);
        double loss = targets.Loss(pass.Device, rows, pass.Weight);
        Tensor gradient = pass.Overwrite();
        gradient.Clear();
        Gather.Backward(pass.Device, rows, targets.Rows, gradient);
        return new EpochLosses { Label = loss * targets.Count, Pairs = targets.Count };
    }
}
