using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.SparseConv;

public static partial class SparseConv
{
    private static void ForwardCuda(CudaDevice device, KernelMap map, bool transposed, Tensor input, Tensor kernel, Tensor output) => throw new NotSupportedException();

    private static void BackwardInputCuda(CudaDevice device, KernelMap map, bool transposed, Tensor gradOutput, Tensor kernel, Tensor gradInput, bool accumulate) => throw new NotSupportedException();

    private static void BackwardKernelCuda(CudaDevice device, KernelMap map, bool transposed, Tensor input, Tensor gradOutput, Tensor gradKernel) => throw new NotSupportedException();
}
