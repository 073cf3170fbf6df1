using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Native.Ops.LabelVote;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>How far labels agree inside segments, which is what refinement votes by, and how far segments agree with the ground truth, which bounds it.</summary>
public sealed class SegmentNoise(ClassList classes)
{
    private readonly ConfusionMatrix _ceiling = new(classes.Count);
    private long _labels, _majority;

    public int Segments { get; private set; }

    /// <summary>Σ max_c n_gc / Σ n_g over the groups g of a view's labels on one segment: the share of labels that refinement in views leaves as they are.</summary>
    public double MajorityShare => _labels == 0 ? 0 : (double)_majority / _labels;

    /// <summary>
    /// Every segment given the most frequent ground truth of its points: the best that a label per segment can reach. Its accuracy is the purity
    /// of the segments, Σ_s max_c N_sc / Σ_s N_s.
    /// </summary>
    public SegmentationMetrics Ceiling => SegmentationMetrics.Compute(_ceiling, classes);

    /// <summary>Adds one scene.</summary>
    /// <param name="truth">Class index per point, <see cref="ClassList.None"/> = unlabelled.</param>
    /// <param name="pairs">Labels before refinement, on points with ground truth.</param>
    /// <param name="segments">Segment per point.</param>
    public void AddScene(byte[] truth, LabelPairs pairs, Segments segments)
    {
        int[] groups = new int[pairs.Count], votes = new int[segments.Count];
        for (int i = 0; i < groups.Length; i++) groups[i] = segments.Ids[pairs.Points[i]];
        for (int f = 0; f < pairs.FrameCount; f++)
        {
            Range range = pairs.OfFrame(f);
            LabelVote.Forward(CpuDevice.Default, groups.AsSpan(range), pairs.Raw.AsSpan(range), segments.Count, votes);
            _majority += votes.Sum(vote => (long)vote);
        }
        _labels += pairs.Count;

        byte[] modes = LabelVote.Forward(CpuDevice.Default, segments.Ids, truth, segments.Count);
        byte[] best = new byte[truth.Length];
        for (int p = 0; p < best.Length; p++) best[p] = modes[segments.Ids[p]];
        _ceiling.Add(CpuDevice.Default, truth, best);
        Segments += segments.Count;
    }
}
