using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Evaluation;

/// <summary>
/// Counts of points by true and predicted class over a whole split. Points without ground truth are dropped; points with
/// ground truth but without a prediction are counted, and are wrong.
/// </summary>
public sealed class ConfusionMatrix(int classCount)
{
    private readonly long[] _counts = new long[classCount * (classCount + 1)]; // (C, C + 1): the last column is "no prediction"

    public int ClassCount { get; } = classCount;

    /// <summary>Points of class <paramref name="truth"/> that were predicted as <paramref name="prediction"/>.</summary>
    public long this[int truth, int prediction] => _counts[truth * (ClassCount + 1) + prediction];

    /// <summary>Points of a class without any prediction.</summary>
    public long Unpredicted(int truth) => this[truth, ClassCount];

    /// <summary>Points with ground truth.</summary>
    public long Total => _counts.Sum();

    /// <param name="truth">Class index per point, <see cref="ClassList.None"/> = unlabelled.</param>
    /// <param name="prediction">Class index per point in the same list; any index outside it counts as no prediction.</param>
    public void Add(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> prediction)
    {
        if (truth.Length != prediction.Length)
            throw new ArgumentException($"{truth.Length} points of ground truth, {prediction.Length} predictions.", nameof(prediction));
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] >= ClassCount) continue;
            _counts[truth[i] * (ClassCount + 1) + Math.Min(prediction[i], ClassCount)]++;
        }
    }

    /// <summary>Points of a class.</summary>
    public long TruthCount(int label)
    {
        long count = 0;
        for (int p = 0; p <= ClassCount; p++) count += this[label, p];
        return count;
    }

    /// <summary>Points with ground truth that were predicted as a class.</summary>
    public long PredictionCount(int label)
    {
        long count = 0;
        for (int t = 0; t < ClassCount; t++) count += this[t, label];
        return count;
    }
}
