namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>How often a class occurs, and in how many views its points have a label.</summary>
/// <param name="Points">Points of the class.</param>
/// <param name="Scenes">Scenes with at least one.</param>
/// <param name="ByViews">Share of the points with 0, 1, 2 or 3, 4 to 7, 8 or more views; null without a point.</param>
/// <param name="MeanViews">Mean over the points; null without one.</param>
public sealed record ClassVisibility(long Points, int Scenes, double[]? ByViews, double? MeanViews)
{
    /// <summary>Names of <see cref="ByViews"/>.</summary>
    public static IReadOnlyList<string> Ranges { get; } = ["0", "1", "2-3", "4-7", "8+"];

    internal static int RangeOf(int views) => views switch { 0 => 0, 1 => 1, < 4 => 2, < 8 => 3, _ => 4 };
}

/// <summary>Counts points by class and by the number of views that label them.</summary>
public sealed class Visibility(int classCount)
{
    private readonly long[] _counts = new long[classCount * ClassVisibility.Ranges.Count], _views = new long[classCount]; // (C, ranges), (C)
    private readonly int[] _scenes = new int[classCount];

    private int _allScenes;

    public IReadOnlyList<ClassVisibility> Classes => [.. Enumerable.Range(0, classCount).Select(c => Of(_scenes[c], c..(c + 1)))];

    /// <summary>All points with ground truth, whatever their class.</summary>
    public ClassVisibility All => Of(_allScenes, 0..classCount);

    /// <summary>Adds one scene.</summary>
    /// <param name="truth">Class index per point; any index outside the list counts as unlabelled.</param>
    /// <param name="points">Point index of each label.</param>
    public void AddScene(ReadOnlySpan<byte> truth, ReadOnlySpan<int> points)
    {
        int[] views = new int[truth.Length];
        foreach (int point in points) views[point]++;
        var present = new bool[classCount];
        for (int p = 0; p < truth.Length; p++)
        {
            if (truth[p] >= classCount) continue;
            present[truth[p]] = true;
            _counts[truth[p] * ClassVisibility.Ranges.Count + ClassVisibility.RangeOf(views[p])]++;
            _views[truth[p]] += views[p];
        }
        for (int c = 0; c < classCount; c++) if (present[c]) _scenes[c]++;
        if (present.Contains(true)) _allScenes++;
    }

    private ClassVisibility Of(int scenes, Range labels)
    {
        int ranges = ClassVisibility.Ranges.Count;
        (int first, int count) = labels.GetOffsetAndLength(classCount);
        long[] counts = [.. Enumerable.Range(0, ranges).Select(r => Enumerable.Range(first, count).Sum(c => _counts[c * ranges + r]))];
        long points = counts.Sum();
        return points == 0 ? new ClassVisibility(0, 0, null, null)
            : new ClassVisibility(points, scenes, [.. counts.Select(part => (double)part / points)], (double)_views[labels].Sum() / points);
    }
}
