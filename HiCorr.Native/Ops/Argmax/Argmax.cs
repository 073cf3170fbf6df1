using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Argmax;

/// <summary>
/// The class of the highest score of every row, the first of equals, and its softmax probability:
///   label_n = argmax_c s_nc,   confidence_n = 1 / Σ_c exp(s_nc - s_n,label)                          s (N, C), label (N), confidence (N)
/// A score that is no number is not higher than another, and none is higher than it: it is the best only in the first column. No gradient.
/// </summary>
public static partial class Argmax
{
    /// <summary>Classes that a label can tell apart; 255 is that of no class.</summary>
    public const int MostClasses = byte.MaxValue;

    /// <summary>Labels and confidence of all rows, which both come to the host.</summary>
    /// <exception cref="ArgumentException">There are no classes or more than <see cref="MostClasses"/>, or the rows are not as many as the results.</exception>
    public static void Forward(Device device, Tensor scores, Span<byte> labels, Span<float> confidence)
    {
        if (scores.Columns is < 1 or > MostClasses) throw new ArgumentException($"scores of {scores.Columns} classes: expected 1 to {MostClasses}", nameof(scores));
        if (labels.Length != scores.Rows || confidence.Length != scores.Rows)
            throw new ArgumentException($"{labels.Length} labels and {confidence.Length} confidences for {scores.Rows} rows", nameof(labels));
        if (device is CudaDevice cuda) ForwardCuda(cuda, scores, labels, confidence);
        else ForwardCpu((CpuDevice)device, scores, labels, confidence);
    }
}
