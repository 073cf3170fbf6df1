using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Gather;

public static partial class Gather
{
    private static void ForwardCuda(CudaDevice device, Tensor input, ReadOnlySpan<int> rows, Tensor output) => throw new NotSupportedException();

    private static void BackwardCuda(CudaDevice device, Tensor gradOutput, ReadOnlySpan<int> rows, Tensor gradInput) => throw new NotSupportedException();
}
