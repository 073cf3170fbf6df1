using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;

namespace HiCorr.Native.Ops.ConfusionMatrix;

/// <summary>
/// Counts of points by true and predicted class over a whole split:
///   n_tp = |{i : truth_i = t, prediction_i = p}|                                                              t to C, p to C + 1, the last "no prediction"
/// Points without ground truth are dropped; points with ground truth but without a prediction are counted, and are wrong. No gradient.
/// </summary>
public sealed partial class ConfusionMatrix(int classCount)
{
    private readonly long[] _counts = new long[classCount * (classCount + 1)]; // (C, C + 1)

    public int ClassCount { get; } = classCount;

    /// <summary>Points with ground truth.</summary>
    public long Total => _counts.Sum();

    /// <summary>Points of class <paramref name="truth"/> that were predicted as <paramref name="prediction"/>.</summary>
    public long this[int truth, int prediction] => _counts[truth * (ClassCount + 1) + prediction];

    /// <summary>Counts some points.</summary>
    /// <param name="device">Where to count.</param>
    /// <param name="truth">Class index per point; any index outside the classes = unlabelled.</param>
    /// <param name="prediction">Class index per point in the same classes; any index outside them counts as no prediction.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public void Add(Device device, ReadOnlySpan<byte> truth, ReadOnlySpan<byte> prediction)
    {
        if (truth.Length != prediction.Length)
            throw new ArgumentException($"{truth.Length} points of ground truth, {prediction.Length} predictions.", nameof(prediction));
        if (device is CudaDevice cuda) AddCuda(cuda, truth, prediction);
        else AddCpu(truth, prediction);
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

    /// <summary>Points of a class without any prediction.</summary>
    public long Unpredicted(int truth) => this[truth, ClassCount];
}
