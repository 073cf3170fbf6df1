using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.PseudoLabel;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Which losses count in an epoch (HICL Sec. 4.1): L_ce always, L̂_ce after the first twelfth of the run, L_kl after the first sixth (epochs 11 and 21
/// of 120), unless the configuration names the epochs. The consistency of features counts always, where it is wanted; a distillation takes the place of
/// L_ce, self-training and co-training change its labels after a third of the run (epoch 11 of 30). The total is the mean of those that count (HICL Sec. 3.4), or their sum.
/// </summary>
/// <param name="Correlation">First epoch of L̂_ce, from 0; null for never.</param>
/// <param name="Feedback">First epoch of L_kl, from 0; null for never.</param>
/// <param name="Consistency">Whether it counts.</param>
/// <param name="SelfTraining">First epoch of self-training, from 0; null for never.</param>
/// <param name="Cotraining">First epoch of co-training, from 0; null for never.</param>
/// <param name="Sum">Whether the total is the sum.</param>
internal sealed record LossSchedule(int? Correlation, int? Feedback, bool Consistency = false, int? SelfTraining = null, int? Cotraining = null, bool Sum = false)
{
    /// <exception cref="ConfigurationException">Settings that do not fit each other.</exception>
    public static LossSchedule Of(Configuration configuration)
    {
        if (configuration.SelfTraining.Enabled && configuration.Distillation.Enabled)
            throw new ConfigurationException("self_training.enabled", "is true, but distillation.enabled leaves out L_ce, whose labels it would replace", "Set one of them to false");
        if (configuration.Cotraining.Enabled && configuration.Distillation.Enabled)
            throw new ConfigurationException("cotraining.enabled", "is true, but distillation.enabled leaves out L_ce, whose labels it would replace", "Set one of them to false");
        if (configuration.Distillation.Enabled) FrameFeatures.Require(configuration, "distillation");
        if (configuration.Consistency.Enabled) FrameFeatures.Require(configuration, "consistency");
        int epochs = configuration.Train.Epochs;
        bool correlates = configuration.Correlation.Scope != "none";
        if (configuration.Feedback.Enabled && !correlates)
            throw new ConfigurationException("feedback.enabled", "is true, but correlation.scope is 'none': there is nothing to distil", "Set feedback.enabled=false, or correlation.scope to intra or inter");
        int? correlation = correlates ? First(configuration.Correlation.StartEpoch, epochs / 12.0) : null;
        int? feedback = configuration.Feedback.Enabled ? Math.Max(correlation!.Value, First(configuration.Feedback.StartEpoch, epochs / 6.0)) : null;
        int? selfTraining = configuration.SelfTraining.Enabled ? First(configuration.SelfTraining.StartEpoch, epochs / 3.0) : null;
        int? cotraining = configuration.Cotraining.Enabled ? First(configuration.Cotraining.StartEpoch, epochs / 3.0) : null;
        return new LossSchedule(correlation, feedback, configuration.Consistency.Enabled, selfTraining, cotraining, configuration.Train.LossReduction == "sum");
    }

    public bool HasCorrelation(int epoch) => epoch >= Correlation;

    public bool HasFeedback(int epoch) => epoch >= Feedback;

    public bool HasCotraining(int epoch) => epoch >= Cotraining;

    /// <summary>What each loss that counts is multiplied by, beside a weight of its own.</summary>
    public float Weight(int epoch) => Sum ? 1 : 1f / (1 + (HasCorrelation(epoch) ? 1 : 0) + (HasFeedback(epoch) ? 1 : 0) + (Consistency ? 1 : 0));

    private static int First(int startEpoch, double otherwise) => startEpoch > 0 ? startEpoch - 1 : (int)Math.Round(otherwise);
}
