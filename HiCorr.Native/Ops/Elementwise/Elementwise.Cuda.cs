using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Elementwise;

public static partial class Elementwise
{
    private static void AddCuda(CudaDevice device, Tensor x, Tensor to) => throw new NotSupportedException();
}
