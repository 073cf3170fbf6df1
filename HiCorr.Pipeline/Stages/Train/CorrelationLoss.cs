using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>L̂_ce and L_kl of <see cref="CorrelationLearning"/> as terms of the total; AdamW moves the transformers, with cosine decay.</summary>
internal sealed class CorrelationLoss(Device device, Configuration configuration, LossSchedule schedule, int width) : LossTerm
{
    private readonly CorrelationLearning _learning = new(device, configuration.Correlation, configuration.Feedback, width, (ulong)configuration.Seed);
    private readonly CosineSchedule _rate = new(configuration.Correlation.LearningRate, configuration.Train.Epochs);

    public override IReadOnlyList<Network> Networks => [.. _learning.Networks];

    public override IOptimiser Optimiser => _learning.Optimiser;

    public override bool Counts(int epoch) => schedule.HasCorrelation(epoch);

    public override EpochLosses Step(TrainingPass pass)
    {
        SampledPoints sample = pass.Batch.Sample!;
        bool withFeedback = schedule.HasFeedback(pass.Epoch);
        (Tensor gradient, double crossEntropy, double feedback) = _learning.Step(pass.Features, sample, pass.Text, withFeedback, pass.Weight);
        pass.Add(sample.Rows, gradient);
        int pairs = sample.Labels.Count, points = withFeedback ? sample.Rows.Length : 0;
        return new EpochLosses { Correlation = crossEntropy * pairs, CorrelationPairs = pairs, Feedback = feedback * points, FeedbackPoints = points };
    }

    public override void Update(double epoch) => Optimiser.Step(_rate.RateAt(epoch));

    public override void Dispose() => _learning.Dispose();
}
