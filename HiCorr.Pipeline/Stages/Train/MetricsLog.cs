using System.Globalization;
using System.Text;
using System.Text.Json;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>What one epoch measured.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean of L_ce over the epoch's pairs (method Eq. 1); of a distillation, its mean over the points.</param>
/// <param name="CorrelationLoss">Mean of L̂_ce over the pairs of the sampled points (Eq. 4); null in epochs without it.</param>
/// <param name="FeedbackLoss">Mean of L_kl over the sampled points (Eq. 8); null in epochs without it.</param>
/// <param name="ConsistencyLoss">Mean of 1 - cos over the pairs (CLIP2Scene); null without it.</param>
/// <param name="Pairs">Pairs seen; of a distillation, points.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record EpochMetrics(int Epoch, double Loss, double? CorrelationLoss, double? FeedbackLoss, double? ConsistencyLoss, double LearningRate, long Pairs, double Seconds);

/// <summary>metrics.csv and metrics.jsonl beside the checkpoint: one row an epoch, rewritten whole so that a resumed run never shows an epoch twice.</summary>
internal static class MetricsLog
{
    public static void Write(string folder, IReadOnlyList<EpochMetrics> epochs)
    {
        var csv = new StringBuilder("epoch,loss,correlation_loss,feedback_loss,consistency_loss,learning_rate,pairs,seconds\n");
        var lines = new StringBuilder();
        foreach (EpochMetrics e in epochs)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{e.Epoch},{e.Loss:R},{e.CorrelationLoss:R},{e.FeedbackLoss:R},{e.ConsistencyLoss:R},{e.LearningRate:R},{e.Pairs},{e.Seconds:0.###}\n");
            lines.Append(JsonSerializer.Serialize(e, JsonSerializerOptions.Web)).Append('\n');
        }
        AtomicFile.WriteText(Path.Combine(folder, "metrics.csv"), csv.ToString());
        AtomicFile.WriteText(Path.Combine(folder, "metrics.jsonl"), lines.ToString());
    }
}
