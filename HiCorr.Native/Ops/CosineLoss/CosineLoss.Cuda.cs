using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.CosineLoss;

public static unsafe partial class CosineLoss
{
    private const int ThreadsPerBlock = 256, ThreadsPerRow = 32;

    private static double MeanCuda(CudaDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, float weight) =>
        a.Rows == 0 ? 0 : SumCuda(device, a, b, gradA, gradB, [], (double)weight / a.Rows) / a.Rows;

    private static double SumCuda(CudaDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, ReadOnlySpan<float> rowWeights, double share)
    {
        if (a.Rows == 0) return 0;
        int blocks = device.BlocksFor((long)a.Rows * ThreadsPerRow, ThreadsPerBlock);
        using var losses = new BlockLosses(device, blocks);
        using Tensor weights = device.Memory.Rent(1, rowWeights.Length);
        weights.CopyFrom(rowWeights);
        KernelArguments arguments = default;
        arguments.Add(a.Data).Add((long)a.Stride).Add(b.Data).Add((long)b.Stride)
            .Add(gradA is null ? null : gradA.Data).Add((long)(gradA?.Stride ?? 0)).Add(gradB is null ? null : gradB.Data).Add((long)(gradB?.Stride ?? 0))
            .Add(rowWeights.IsEmpty ? null : weights.Data).Add((long)a.Rows).Add((long)a.Columns).Add(share).Add(losses.Data);
        device.Launch("cosine_loss", "cosine_loss", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        return losses.Sum();
    }
}
