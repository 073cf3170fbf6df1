using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.BatchNorm;

public static partial class BatchNorm
{
    private static void BatchStatisticsCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor runningMean, Tensor runningVariance, float momentum) => throw new NotSupportedException();

    private static void RunningStatisticsCuda(CudaDevice device, Tensor statistics, Tensor runningMean, Tensor runningVariance) => throw new NotSupportedException();

    private static void ApplyCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor bias, Tensor? residual, bool relu, Tensor y) => throw new NotSupportedException();

    private static void BackwardCuda(CudaDevice device, Tensor x, Tensor? y, Tensor statistics, Tensor weight, bool training, Tensor gradOutput,
        bool masksGradOutput, Tensor gradWeight, Tensor gradBias, Tensor gradX) => throw new NotSupportedException();
}
