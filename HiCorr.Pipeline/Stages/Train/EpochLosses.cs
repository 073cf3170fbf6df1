using System.Text.Json.Serialization;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>Sums of the losses over the steps of an epoch so far.</summary>
internal readonly record struct EpochLosses
{
    /// <summary>L_ce times pairs; of a distillation in its place, its loss times points.</summary>
    public double Label { get; init; }

    /// <summary>Pairs of L_ce; of a distillation, points.</summary>
    public long Pairs { get; init; }

    /// <summary>L̂_ce times labelled samples.</summary>
    public double Correlation { get; init; }

    /// <summary>Pairs of the sampled points.</summary>
    public long CorrelationPairs { get; init; }

    /// <summary>L_kl times sampled points.</summary>
    public double Feedback { get; init; }

    /// <summary>Sampled points of L_kl.</summary>
    public long FeedbackPoints { get; init; }

    /// <summary>The consistency of features times pairs.</summary>
    public double Consistency { get; init; }

    /// <summary>Pairs of the consistency.</summary>
    public long ConsistencyPairs { get; init; }

    public static EpochLosses operator +(EpochLosses a, EpochLosses b) => new()
    {
        Label = a.Label + b.Label,
        Pairs = a.Pairs + b.Pairs,
        Correlation = a.Correlation + b.Correlation,
        CorrelationPairs = a.CorrelationPairs + b.CorrelationPairs,
        Feedback = a.Feedback + b.Feedback,
        FeedbackPoints = a.FeedbackPoints + b.FeedbackPoints,
        Consistency = a.Consistency + b.Consistency,
        ConsistencyPairs = a.ConsistencyPairs + b.ConsistencyPairs,
    };

    /// <summary>NaN or infinite where any loss is.</summary>
    [JsonIgnore] public double Sum => Label + Correlation + Feedback + Consistency;

    /// <summary>Mean of L_ce over the pairs, or of the distillation over the points.</summary>
    [JsonIgnore] public double MeanLabel => Label / Math.Max(1, Pairs);

    /// <summary>Mean of L̂_ce; null where it did not count.</summary>
    [JsonIgnore] public double? MeanCorrelation => CorrelationPairs == 0 ? null : Correlation / CorrelationPairs;

    /// <summary>Mean of L_kl; null where it did not count.</summary>
    [JsonIgnore] public double? MeanFeedback => FeedbackPoints == 0 ? null : Feedback / FeedbackPoints;

    /// <summary>Mean of 1 - cos of the consistency; null where it did not count.</summary>
    [JsonIgnore] public double? MeanConsistency => ConsistencyPairs == 0 ? null : Consistency / ConsistencyPairs;
}
