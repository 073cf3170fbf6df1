using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Argmax;

public static unsafe partial class Argmax
{
    private const int ThreadsPerBlock = 256, ThreadsPerRow = 32;

    private static void ForwardCuda(CudaDevice device, Tensor scores, Span<byte> labels, Span<float> confidence)
    {
        using var labelOf = new CudaValues<byte>(device, scores.Rows);
        using var confidenceOf = new CudaValues<float>(device, scores.Rows);
        KernelArguments arguments = default;
        arguments.Add(scores.Data).Add((long)scores.Stride).Add((long)scores.Rows).Add((long)scores.Columns).Add(labelOf.Pointer).Add(confidenceOf.Pointer);
        device.Launch("argmax", "argmax_forward", new LaunchShape(device.BlocksFor((long)scores.Rows * ThreadsPerRow, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        labelOf.CopyTo(labels);
        confidenceOf.CopyTo(confidence);
    }
}
