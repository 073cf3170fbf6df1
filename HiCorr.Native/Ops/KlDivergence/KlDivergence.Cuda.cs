using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.KlDivergence;

public static partial class KlDivergence
{
    private static double OverChannelsCuda(CudaDevice device, Tensor student, Tensor teacher, Tensor? gradStudent, Tensor? gradTeacher, float weight) => throw new NotSupportedException();
}
