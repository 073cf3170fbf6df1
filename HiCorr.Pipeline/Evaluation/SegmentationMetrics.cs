using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Evaluation;

/// <summary>What a confusion matrix says, all as shares from 0 to 1.</summary>
/// <param name="Iou">Intersection over union per class, TP / (TP + FP + FN); null for a class in neither ground truth nor prediction.</param>
/// <param name="MeanIou">Mean over the classes that have one.</param>
/// <param name="ForegroundMeanIou">The same without wall, floor and ceiling; not comparable with <paramref name="MeanIou"/>.</param>
/// <param name="OverallAccuracy">Share of labelled points that are right.</param>
/// <param name="MeanAccuracy">Mean over the classes in the ground truth of the share of their points that is right.</param>
/// <param name="Coverage">Share of labelled points that have a prediction.</param>
/// <param name="Points">Points with ground truth.</param>
public sealed record SegmentationMetrics(
    double?[] Iou, double MeanIou, double ForegroundMeanIou, double OverallAccuracy, double MeanAccuracy, double Coverage, long Points)
{
    private static readonly string[] s_background = ["wall", "floor", "ceiling"];

    /// <param name="matrix">Counts over the whole split.</param>
    /// <param name="classes">Names, which tell the background classes.</param>
    /// <param name="absentCountsAsOne">CLIP2Scene's rule: a class in neither ground truth nor prediction has IoU 1 (`evaluate.compat: clip2scene`).</param>
    public static SegmentationMetrics Compute(ConfusionMatrix matrix, ClassList classes, bool absentCountsAsOne = false)
    {
        double?[] iou = new double?[matrix.ClassCount];
        var foreground = new List<double?>();
        var accuracies = new List<double?>();
        long right = 0, predicted = 0, total = matrix.Total;
        for (int c = 0; c < iou.Length; c++)
        {
            long hit = matrix[c, c], truth = matrix.TruthCount(c), union = truth + matrix.PredictionCount(c) - hit;
            iou[c] = union > 0 ? (double)hit / union : absentCountsAsOne ? 1 : null;
            if (!s_background.Contains(classes.Names[c], StringComparer.OrdinalIgnoreCase)) foreground.Add(iou[c]);
            if (truth > 0) accuracies.Add((double)hit / truth);
            right += hit;
            predicted += truth - matrix.Unpredicted(c);
        }
        return new SegmentationMetrics(iou, Mean(iou), Mean(foreground), Share(right, total), Mean(accuracies), Share(predicted, total), total);
    }

    private static double Mean(IEnumerable<double?> values) => values.Average() ?? 0;

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
