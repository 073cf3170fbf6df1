using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Linear;

public static partial class Linear
{
    private static void ForwardCuda(CudaDevice device, Tensor input, Tensor weight, Tensor? bias, Tensor output, Tensor? residual) => throw new NotSupportedException();

    private static void BackwardInputCuda(CudaDevice device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate) => throw new NotSupportedException();

    private static void BackwardWeightCuda(CudaDevice device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias) => throw new NotSupportedException();
}
