using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.CrossEntropy;

/// <summary>
/// Mean cross entropy over pairs (row m, label l_m) (HICL Eq. 1):
///   loss = - 1/|M| Σ_m log softmax(h_m)[l_m],   h_mc = ⟨f_m, t_c⟩ + b_c              f (N, d), text t (C, d), bias b (1, C), h (N, C)
/// Gradient (Eq. 2): ∂loss/∂h_mc = (y_mc - [c = l_m]) / |M| with y = softmax(h), summed over the pairs of a row; gradFeatures = gradH @ t.
/// The text embeddings are fixed. Without any pair loss and gradient are 0.
/// </summary>
public static partial class CrossEntropy
{
    /// <summary>Loss of features against text embeddings.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="features">f, (N, d).</param>
    /// <param name="text">t, (C, d).</param>
    /// <param name="bias">b, (1, C), or null.</param>
    /// <param name="pairs">M.</param>
    /// <param name="gradFeatures">(N, d), overwritten with the gradient; may be the features themselves; null to leave it out.</param>
    /// <param name="weight">The gradient is multiplied by it, the returned loss is not.</param>
    public static double AgainstText(Device device, Tensor features, Tensor text, Tensor? bias, RowLabels pairs, Tensor? gradFeatures, float weight = 1)
    {
        if (features.Columns != text.Columns || text.Rows != pairs.Classes || features.Rows != pairs.Rows || (bias ?? text).Columns != (bias is null ? text.Columns : text.Rows))
            throw new ArgumentException($"features {features.Rows} x {features.Columns}, text {text.Rows} x {text.Columns}, bias of {bias?.Columns}, " +
                $"pairs over {pairs.Rows} rows and {pairs.Classes} classes");
        return device is CudaDevice cuda ? AgainstTextCuda(cuda, features, text, bias, pairs, gradFeatures, weight) : AgainstTextCpu((CpuDevice)device, features, text, bias, pairs, gradFeatures, weight);
    }

    /// <summary>Loss of logits h (N, C); gradLogits, unless null, is overwritten with the gradient and may be the logits themselves.</summary>
    public static double OfLogits(Device device, Tensor logits, RowLabels pairs, Tensor? gradLogits, float weight = 1)
    {
        if (logits.Columns != pairs.Classes || logits.Rows != pairs.Rows)
            throw new ArgumentException($"logits {logits.Rows} x {logits.Columns}, pairs over {pairs.Rows} rows and {pairs.Classes} classes");
        return device is CudaDevice cuda ? OfLogitsCuda(cuda, logits, pairs, gradLogits, weight) : OfLogitsCpu((CpuDevice)device, logits, pairs, gradLogits, weight);
    }

    /// <summary>h = features @ text^T + bias.</summary>
    public static void Logits(Device device, Tensor features, Tensor text, Tensor? bias, Tensor logits)
    {
        if (features.Columns != text.Columns || logits.Rows != features.Rows || logits.Columns != text.Rows)
            throw new ArgumentException($"features {features.Rows} x {features.Columns}, text {text.Rows} x {text.Columns}, logits {logits.Rows} x {logits.Columns}");
        if (device is CudaDevice cuda) LogitsCuda(cuda, features, text, bias, logits);
        else LogitsCpu((CpuDevice)device, features, text, bias, logits);
    }
}
