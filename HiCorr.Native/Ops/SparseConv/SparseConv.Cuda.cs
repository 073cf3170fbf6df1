using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.SparseConv;

public static unsafe partial class SparseConv
{
    private static readonly CudaGemm s_kernels = new("sparse_conv");

    private static void ForwardCuda(CudaDevice device, KernelMap map, bool transposed, Tensor input, Tensor kernel, Tensor output)
    {
        CudaKernelMap onDevice = map.OnDevice(device);
        s_kernels.Multiply(device, input, kernel, false, output, map.KernelVolume, onDevice.Table(transposed), Order(onDevice, transposed));
    }

    private static void BackwardInputCuda(CudaDevice device, KernelMap map, bool transposed, Tensor gradOutput, Tensor kernel, Tensor gradInput, bool accumulate)
    {
        CudaKernelMap onDevice = map.OnDevice(device);
        s_kernels.Multiply(device, gradOutput, kernel, true, gradInput, map.KernelVolume, onDevice.Table(!transposed), Order(onDevice, !transposed),
            residual: accumulate ? gradInput : null);
    }

    // The table of the map's output rows serves both directions: it is never mirrored, and between levels it is the smaller one.
    private static void BackwardKernelCuda(CudaDevice device, KernelMap map, bool transposed, Tensor input, Tensor gradOutput, Tensor gradKernel) =>
        s_kernels.OuterProducts(device, input, gradOutput, gradKernel, map.KernelVolume, map.OnDevice(device).Table(reverse: false), swapped: transposed);

    // A voxel has one parent on the next coarser level. In the order of the pairs, voxels of one kernel index lie together, and a tile of them meets
    // one matrix or two in place of all eight.
    private static nint Order(CudaKernelMap map, bool reverse) => reverse ? (nint)map.InputOrder : 0;
}
