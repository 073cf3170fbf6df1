using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gelu;

/// <summary>
/// GELU in the exact form (torch.nn.GELU's default; Hendrycks, Gimpel 2016), elementwise:
///   y = x Φ(x),  Φ(x) = (1 + erf(x / √2)) / 2                                                                                   x, y (N, C)
/// Gradient: gradX = gradOutput (Φ(x) + x φ(x)),  φ(x) = exp(-x²/2) / √(2π). Saved for backward: x.
/// </summary>
public static partial class Gelu
{
    /// <summary>y = GELU of x; y may be x.</summary>
    public static void Forward(Device device, Tensor x, Tensor y)
    {
        Check(x, y);
        if (device is CudaDevice cuda) ForwardCuda(cuda, x, y);
        else ForwardCpu((CpuDevice)device, x, y);
    }

    /// <summary>gradX = gradient of x; it may be gradOutput.</summary>
    public static void Backward(Device device, Tensor x, Tensor gradOutput, Tensor gradX)
    {
        Check(x, gradOutput);
        Check(x, gradX);
        if (device is CudaDevice cuda) BackwardCuda(cuda, x, gradOutput, gradX);
        else BackwardCpu((CpuDevice)device, x, gradOutput, gradX);
    }

    private static void Check(Tensor x, Tensor other)
    {
        if (x.Rows != other.Rows || x.Columns != other.Columns)
            throw new ArgumentException($"x is {x.Rows} x {x.Columns}, the other {other.Rows} x {other.Columns}");
    }
}
