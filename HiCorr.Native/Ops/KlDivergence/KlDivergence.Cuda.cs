using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.KlDivergence;

public static unsafe partial class KlDivergence
{
    private const int ThreadsPerBlock = 256, ThreadsPerRow = 32;

    private static double OverChannelsCuda(CudaDevice device, Tensor student, Tensor teacher, Tensor? gradStudent, Tensor? gradTeacher, float weight)
    {
        if (student.Rows == 0) return 0;
        int blocks = device.BlocksFor((long)student.Rows * ThreadsPerRow, ThreadsPerBlock);
        using var losses = new BlockLosses(device, blocks);
        KernelArguments arguments = default;
        arguments.Add(student.Data).Add((long)student.Stride).Add(teacher.Data).Add((long)teacher.Stride)
            .Add(gradStudent is null ? null : gradStudent.Data).Add((long)(gradStudent?.Stride ?? 0))
            .Add(gradTeacher is null ? null : gradTeacher.Data).Add((long)(gradTeacher?.Stride ?? 0))
            .Add((long)student.Rows).Add((long)student.Columns).Add((double)weight / student.Rows).Add(losses.Data);
        device.Launch("kl_divergence", "kl_divergence_over_channels", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        return losses.Sum() / student.Rows;
    }
}
