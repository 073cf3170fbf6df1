using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Attention;

public static partial class Attention
{
    private static void ForwardCuda(CudaDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp) => throw new NotSupportedException();

    private static void BackwardCuda(CudaDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp,
        Tensor gradOutput, Tensor gradQ, Tensor gradK, Tensor gradV) => throw new NotSupportedException();
}
