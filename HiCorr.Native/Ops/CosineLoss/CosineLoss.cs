using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.CosineLoss;

/// <summary>
/// Distillation by direction (OpenScene's and CLIP2Scene's feature loss): the mean over rows of 1 - cos(a, b),
///   loss = 1/N Σ_m (1 - ⟨a_m, b_m⟩ / (|a_m| |b_m|))                                                                          a, b (N, C)
/// Gradient: ∂/∂a_m = (cos_m a_m / |a_m| - b_m / |b_m|) / (N |a_m|), and the same for b. Where |a_m| |b_m| is not above 1e-8 there is no direction:
/// the cosine counts as 0 and has no gradient. Without rows loss and gradients are 0. With weights w the loss is Σ_m w_m (1 - cos_m), the gradient likewise.
/// </summary>
public static partial class CosineLoss
{
    /// <summary>The least product of norms that has a direction, as torch.nn.functional.cosine_similarity sets it.</summary>
    public const double Epsilon = 1e-8;

    /// <summary>Loss of the rows of a against those of b.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="a">(N, C).</param>
    /// <param name="b">(N, C).</param>
    /// <param name="gradA">(N, C), overwritten with the gradient; may be a itself; null to leave it out.</param>
    /// <param name="gradB">The same for b.</param>
    /// <param name="weight">The gradients are multiplied by it, the returned loss is not.</param>
    public static double Mean(Device device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB = null, float weight = 1)
    {
        foreach (Tensor other in new ReadOnlySpan<Tensor>([b, gradA ?? b, gradB ?? b]))
            if (a.Rows != other.Rows || a.Columns != other.Columns)
                throw new ArgumentException($"a is {a.Rows} x {a.Columns}, another {other.Rows} x {other.Columns}");
        return device is CudaDevice cuda ? MeanCuda(cuda, a, b, gradA, gradB, weight) : MeanCpu((CpuDevice)device, a, b, gradA, gradB, weight);
    }

    /// <summary>Σ_m w_m (1 - cos(a_m, b_m)).</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="a">(N, C).</param>
    /// <param name="b">(N, C), of any lengths.</param>
    /// <param name="rowWeights">w, (N).</param>
    /// <param name="gradA">(N, C), overwritten with the gradient; may be a itself; null to leave it out.</param>
    /// <param name="weight">The gradient is multiplied by it, the returned loss is not.</param>
    public static double WeightedSum(Device device, Tensor a, Tensor b, ReadOnlySpan<float> rowWeights, Tensor? gradA, float weight = 1)
    {
        Tensor gradient = gradA ?? a;
        if (a.Rows != b.Rows || a.Columns != b.Columns || a.Rows != rowWeights.Length || gradient.Rows != a.Rows || gradient.Columns != a.Columns)
            throw new ArgumentException($"a is {a.Rows} x {a.Columns}, b {b.Rows} x {b.Columns}, the gradient {gradient.Rows} x {gradient.Columns}, with {rowWeights.Length} weights");
        return device is CudaDevice cuda ? SumCuda(cuda, a, b, gradA, null, rowWeights, weight) : SumCpu((CpuDevice)device, a, b, gradA, null, rowWeights, weight);
    }
}
