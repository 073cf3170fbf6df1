using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Which losses count in an epoch (HICL Sec. 4.1): L_ce always, L̂_ce after the first twelfth of the run, L_kl after the first sixth (epochs 11 and 21
/// of 120), unless the configuration names the epochs. The total is the mean of those that count.
/// </summary>
/// <param name="Correlation">First epoch of L̂_ce, from 0; null for never.</param>
/// <param name="Feedback">First epoch of L_kl, from 0; null for never.</param>
internal sealed record LossSchedule(int? Correlation, int? Feedback)
{
    public static LossSchedule Of(Configuration configuration)
    {
        int epochs = configuration.Train.Epochs;
        bool correlates = configuration.Correlation.Scope != "none";
        if (configuration.Feedback.Enabled && !correlates)
            throw new ConfigurationException("feedback.enabled", "is true, but correlation.scope is 'none': there is nothing to distil", "Set feedback.enabled=false, or correlation.scope to intra or inter");
        int? correlation = correlates ? First(configuration.Correlation.StartEpoch, epochs / 12.0) : null;
        int? feedback = configuration.Feedback.Enabled ? Math.Max(correlation!.Value, First(configuration.Feedback.StartEpoch, epochs / 6.0)) : null;
        return new LossSchedule(correlation, feedback);
    }

    public bool HasCorrelation(int epoch) => epoch >= Correlation;

    public bool HasFeedback(int epoch) => epoch >= Feedback;

    /// <summary>Weight of each loss that counts.</summary>
    public float Weight(int epoch) => 1f / (1 + (HasCorrelation(epoch) ? 1 : 0) + (HasFeedback(epoch) ? 1 : 0));

    private static int First(int startEpoch, double otherwise) => startEpoch > 0 ? startEpoch - 1 : (int)Math.Round(otherwise);
}
