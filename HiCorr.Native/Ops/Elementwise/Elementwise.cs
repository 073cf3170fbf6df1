using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Elementwise;

/// <summary>Sums of tensors of the same size: to += x. The gradient of either is the gradient of the sum.</summary>
public static partial class Elementwise
{
    /// <summary>to += x; x may be columns of a wider tensor, and so may to.</summary>
    public static void Add(Device device, Tensor x, Tensor to)
    {
        if (x.Rows != to.Rows || x.Columns != to.Columns) throw new ArgumentException($"{x.Rows} x {x.Columns} values do not add to {to.Rows} x {to.Columns}");
        if (device is CudaDevice cuda) AddCuda(cuda, x, to);
        else AddCpu((CpuDevice)device, x, to);
    }
}
