using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.LayerNorm;

public static partial class LayerNorm
{
    private static void ForwardCuda(CudaDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y) => throw new NotSupportedException();

    private static void ApplyCuda(CudaDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y) => throw new NotSupportedException();

    private static void BackwardCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor gradOutput, Tensor gradWeight, Tensor gradBias,
        Tensor gradX, bool accumulate) => throw new NotSupportedException();
}
