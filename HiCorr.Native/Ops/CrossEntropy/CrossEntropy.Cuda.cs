using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.CrossEntropy;

public static partial class CrossEntropy
{
    private static double AgainstTextCuda(CudaDevice device, Tensor features, Tensor text, Tensor? bias, RowLabels pairs, Tensor? gradFeatures, float weight) => throw new NotSupportedException();

    private static double OfLogitsCuda(CudaDevice device, Tensor logits, RowLabels pairs, Tensor? gradLogits, float weight) => throw new NotSupportedException();

    private static void LogitsCuda(CudaDevice device, Tensor features, Tensor text, Tensor? bias, Tensor logits) => throw new NotSupportedException();
}
