using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.LayerNorm;

/// <summary>
/// Layer normalisation of every row over its channels (torch.nn.LayerNorm):
///   y = (x - mean) / sqrt(var + eps) * weight + bias                                x, y (N, C), weight, bias (1, C), var biased
/// Gradients, with g = gradOutput * weight and x̂ the normalised input, means over the channels of a row:
///   gradX = (g - mean(g) - x̂ mean(g x̂)) / sqrt(var + eps),  gradWeight += Σ_rows gradOutput x̂,  gradBias += Σ_rows gradOutput.
/// Saved for backward: x and statistics (N, 2), mean and 1/sqrt(var + eps) of a row. Sums run in double precision.
/// </summary>
public static partial class LayerNorm
{
    public const float Epsilon = 1e-5f;

    /// <summary>Fills y and the statistics; y may be x.</summary>
    public static void Forward(Device device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        Check(x, weight, bias, statistics, y);
        if (device is CudaDevice cuda) ForwardCuda(cuda, x, weight, bias, statistics, y);
        else ForwardCpu((CpuDevice)device, x, weight, bias, statistics, y);
    }

    /// <summary>y from statistics that are there already: what a backward pass makes anew instead of keeping it.</summary>
    public static void Apply(Device device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        Check(x, weight, bias, statistics, y);
        if (device is CudaDevice cuda) ApplyCuda(cuda, x, weight, bias, statistics, y);
        else ApplyCpu((CpuDevice)device, x, weight, bias, statistics, y);
    }

    /// <summary>Adds to gradWeight and gradBias; gradX = gradient of x, or gradX += it when <paramref name="accumulate"/>; gradX may be gradOutput.</summary>
    public static void Backward(Device device, Tensor x, Tensor statistics, Tensor weight, Tensor gradOutput, Tensor gradWeight, Tensor gradBias,
        Tensor gradX, bool accumulate)
    {
        Check(x, gradWeight, gradBias, statistics, gradOutput);
        Check(x, weight, weight, statistics, gradX);
        if (device is CudaDevice cuda) BackwardCuda(cuda, x, statistics, weight, gradOutput, gradWeight, gradBias, gradX, accumulate);
        else BackwardCpu((CpuDevice)device, x, statistics, weight, gradOutput, gradWeight, gradBias, gradX, accumulate);
    }

    private static void Check(Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        if (y.Rows != x.Rows || y.Columns != x.Columns || statistics.Rows != x.Rows || statistics.Columns != 2 || weight.Columns != x.Columns || bias.Columns != x.Columns)
            throw new ArgumentException($"x is {x.Rows} x {x.Columns}, the other {y.Rows} x {y.Columns}, statistics {statistics.Rows} x {statistics.Columns}, " +
                $"parameters {weight.Columns} and {bias.Columns}");
    }
}
