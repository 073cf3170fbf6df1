using HiCorr.Native.Ops.CrossEntropy;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>L_ce (method Eq. 1) of the drawn pairs. The last term of its pass.</summary>
/// <param name="selfTraining">What replaces the labels in some steps; null for nothing.</param>
internal sealed class LabelLoss(SelfTraining? selfTraining) : LossTerm
{
    public override EpochLosses Step(TrainingPass pass)
    {
        RowLabels pairs = selfTraining is not null && selfTraining.Switches(pass.Epoch, pass.Step) ? SelfTraining.OwnLabels(pass) : pass.Batch.Pairs;
        double loss = CrossEntropy.AgainstText(pass.Device, pass.Features, pass.Text, null, pairs, gradFeatures: pass.Overwrite(), pass.Weight);
        return new EpochLosses { Label = loss * pairs.Count, Pairs = pairs.Count };
    }
}
