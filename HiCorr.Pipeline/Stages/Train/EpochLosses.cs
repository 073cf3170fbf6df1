using System.Text.Json.Serialization;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>Sums of the losses over the steps of an epoch so far.</summary>
/// <param name="Label">L_ce times pairs.</param>
/// <param name="Pairs">Pairs of L_ce.</param>
/// <param name="Correlation">L̂_ce times labelled samples.</param>
/// <param name="CorrelationPairs">Pairs of the sampled points.</param>
/// <param name="Feedback">L_kl times sampled points.</param>
/// <param name="FeedbackPoints">Sampled points of L_kl.</param>
internal readonly record struct EpochLosses(double Label, long Pairs, double Correlation, long CorrelationPairs, double Feedback, long FeedbackPoints)
{
    public static EpochLosses operator +(EpochLosses a, EpochLosses b) => new(a.Label + b.Label, a.Pairs + b.Pairs, a.Correlation + b.Correlation,
        a.CorrelationPairs + b.CorrelationPairs, a.Feedback + b.Feedback, a.FeedbackPoints + b.FeedbackPoints);

    /// <summary>Mean of L_ce over the pairs.</summary>
    [JsonIgnore] public double MeanLabel => Label / Math.Max(1, Pairs);

    /// <summary>Mean of L̂_ce; null where it did not count.</summary>
    [JsonIgnore] public double? MeanCorrelation => CorrelationPairs == 0 ? null : Correlation / CorrelationPairs;

    /// <summary>Mean of L_kl; null where it did not count.</summary>
    [JsonIgnore] public double? MeanFeedback => FeedbackPoints == 0 ? null : Feedback / FeedbackPoints;
}
