using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gelu;

public static unsafe partial class Gelu
{
    private const int ThreadsPerBlock = 256;

    private static void ForwardCuda(CudaDevice device, Tensor x, Tensor y)
    {
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(y.Data).Add((long)y.Stride).Add((long)x.Rows).Add((long)x.Columns);
        device.Launch("gelu", "gelu_forward", new LaunchShape(device.BlocksFor((long)x.Rows * x.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor x, Tensor gradOutput, Tensor gradX)
    {
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(gradX.Data).Add((long)gradX.Stride).Add((long)x.Rows).Add((long)x.Columns);
        device.Launch("gelu", "gelu_backward", new LaunchShape(device.BlocksFor((long)x.Rows * x.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }
}
