using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Elementwise;

public static unsafe partial class Elementwise
{
    private const int ThreadsPerBlock = 256;

    private static void AddCuda(CudaDevice device, Tensor x, Tensor to)
    {
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(to.Data).Add((long)to.Stride).Add((long)x.Rows).Add((long)x.Columns);
        device.Launch("elementwise", "elementwise_add", new LaunchShape(device.BlocksFor((long)x.Rows * x.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }
}
