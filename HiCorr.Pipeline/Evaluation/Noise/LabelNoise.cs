using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>
/// The noise of pseudo-labels, measured against the ground truth on four levels: in single views, across the views of a scene, across scenes,
/// and inside segments. Only points with ground truth count. The formulas are in docs/rooms.md.
/// </summary>
/// <param name="classes">The ground truth's classes.</param>
/// <param name="mapping">From the run's classes to those; a label without a counterpart is wrong.</param>
public sealed class LabelNoise(ClassList classes, ClassMapping mapping)
{
    public ClassList Classes { get; } = classes;

    public int Scenes { get; private set; }

    /// <summary>Labels as the vision-language model gave them.</summary>
    public ViewNoise Raw { get; } = new(classes);

    /// <summary>Labels after refinement.</summary>
    public ViewNoise Refined { get; } = new(classes);

    public ViewAgreement AcrossViews { get; } = new();

    public SceneDifference AcrossScenes { get; } = new(classes.Count);

    public SegmentNoise InSegments { get; } = new(classes);

    public Visibility Visibility { get; } = new(classes.Count);

    /// <param name="truth">Class index per point in <see cref="Classes"/>, <see cref="ClassList.None"/> = unlabelled.</param>
    /// <param name="pairs">Labels in the run's classes.</param>
    /// <param name="segments">Segment per point.</param>
    public void AddScene(byte[] truth, LabelPairs pairs, Segments segments)
    {
        LabelPairs known = OnKnownPoints(truth, pairs);
        byte[] truthOfPair = [.. known.Points.Select(point => truth[point])], raw = mapping.Apply(known.Raw), refined = mapping.Apply(known.Refined);
        for (int f = 0; f < known.FrameCount; f++)
        {
            Range range = known.OfFrame(f);
            Raw.AddView(truthOfPair.AsSpan(range), raw.AsSpan(range));
            Refined.AddView(truthOfPair.AsSpan(range), refined.AsSpan(range));
        }
        AcrossViews.AddScene(known.Points, known.Raw, [.. raw.Zip(truthOfPair, (label, expected) => label == expected)]);
        var scene = new ConfusionMatrix(Classes.Count);
        scene.Add(CpuDevice.Default, truthOfPair, raw);
        AcrossScenes.AddScene(scene);
        InSegments.AddScene(truth, known, segments);
        Visibility.AddScene(truth, known.Points);
        Scenes++;
    }

    private LabelPairs OnKnownPoints(byte[] truth, LabelPairs pairs)
    {
        int[] kept = [.. Enumerable.Range(0, pairs.Count).Where(i => truth[pairs.Points[i]] < Classes.Count)];
        int[] offsets = [.. pairs.FrameOffsets.Select(offset => FirstFrom(kept, offset))];
        return new LabelPairs
        {
            FrameOffsets = offsets,
            Points = [.. kept.Select(i => pairs.Points[i])],
            Raw = [.. kept.Select(i => pairs.Raw[i])],
            Refined = [.. kept.Select(i => pairs.Refined[i])],
            Confidence = [.. kept.Select(i => pairs.Confidence[i])],
        };
    }

    private static int FirstFrom(int[] ascending, int value)
    {
        int found = Array.BinarySearch(ascending, value);
        return found < 0 ? ~found : found;
    }
}
