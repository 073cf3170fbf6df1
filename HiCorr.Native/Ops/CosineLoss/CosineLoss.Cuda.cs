using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.CosineLoss;

public static partial class CosineLoss
{
    private static double MeanCuda(CudaDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, float weight) => throw new NotSupportedException();

    private static double SumCuda(CudaDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, ReadOnlySpan<float> rowWeights, double share) => throw new NotSupportedException();
}
