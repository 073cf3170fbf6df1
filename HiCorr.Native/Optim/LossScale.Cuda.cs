using HiCorr.Native.Cuda;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

public sealed unsafe partial class LossScale
{
    private const int ThreadsPerBlock = 256;

    private static bool UnscaleCuda(CudaDevice device, IReadOnlyList<Parameter> parameters, float factor)
    {
        using NativeIntegers overflow = device.Memory.RentIntegers(1);
        overflow.CopyFrom([0]);
        foreach (Parameter parameter in parameters)
        {
            long count = (long)parameter.Value.Rows * parameter.Value.Columns;
            KernelArguments arguments = default;
            arguments.Add(parameter.Gradient.Data).Add(count).Add(factor).Add(overflow.Pointer);
            device.Launch("loss_scale", "loss_scale_unscale", new LaunchShape(device.BlocksFor(count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        }
        return overflow.ToArray()[0] == 0;
    }
}
