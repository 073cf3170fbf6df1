using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Scenes;
using MathNet.Numerics.Statistics;

namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>Labels of single views against the ground truth of the points that they label, view by view and all together.</summary>
public sealed class ViewNoise(ClassList classes)
{
    private readonly ConfusionMatrix _pooled = new(classes.Count);
    private readonly List<double> _accuracies = [], _meanIous = [];

    /// <summary>Views with at least one label on a point with ground truth.</summary>
    public int Views => _accuracies.Count;

    /// <summary>Every (point, view) label counted once, over all views of all scenes.</summary>
    public SegmentationMetrics Pooled => SegmentationMetrics.Compute(_pooled, classes);

    /// <summary>Mean over the views of the share of a view's labels that is right.</summary>
    public double MeanAccuracy => Mean(_accuracies);

    /// <summary>Standard deviation of that share over the views.</summary>
    public double AccuracyDeviation => _accuracies.Count == 0 ? 0 : _accuracies.PopulationStandardDeviation();

    /// <summary>Mean over the views of a view's own mIoU: over the classes of the points that it labels and of its labels.</summary>
    public double MeanViewIou => Mean(_meanIous);

    /// <param name="truth">Class index of each labelled point.</param>
    /// <param name="labels">What the view says.</param>
    public void AddView(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> labels)
    {
        var matrix = new ConfusionMatrix(classes.Count);
        matrix.Add(CpuDevice.Default, truth, labels);
        if (matrix.Total == 0) return;
        _pooled.Add(CpuDevice.Default, truth, labels);
        SegmentationMetrics metrics = SegmentationMetrics.Compute(matrix, classes);
        _accuracies.Add(metrics.OverallAccuracy);
        _meanIous.Add(metrics.MeanIou);
    }

    private static double Mean(List<double> values) => values.Count == 0 ? 0 : values.Average();
}
