using HiCorr.Native.Cuda;

namespace HiCorr.Native.Ops.ConfusionMatrix;

public sealed unsafe partial class ConfusionMatrix
{
    private const int ThreadsPerBlock = 256, PointsPerThread = 16;

    /// <summary>Shared memory that a block has on every device without asking for more.</summary>
    private const int SharedBytes = 48 << 10;

    private void AddCuda(CudaDevice device, ReadOnlySpan<byte> truth, ReadOnlySpan<byte> prediction)
    {
        using CudaValues<byte> truths = new(device, truth), predictions = new(device, prediction);
        using var counts = new CudaValues<long>(device, _counts.Length);
        counts.Clear();
        KernelArguments arguments = default;
        arguments.Add(truths.Pointer).Add(predictions.Pointer).Add((long)truth.Length).Add((long)ClassCount).Add(counts.Pointer);
        int blocks = device.BlocksFor((truth.Length + PointsPerThread - 1L) / PointsPerThread, ThreadsPerBlock), bytes = _counts.Length * sizeof(uint);
        if (bytes <= SharedBytes) device.Launch("confusion_matrix", "confusion_matrix_add", new LaunchShape(blocks, 1, 1, ThreadsPerBlock, 1, 1, bytes), ref arguments);
        else device.Launch("confusion_matrix", "confusion_matrix_add_many", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        long[] added = new long[_counts.Length];
        counts.CopyTo(added);
        for (int i = 0; i < added.Length; i++) _counts[i] += added[i];
    }
}
