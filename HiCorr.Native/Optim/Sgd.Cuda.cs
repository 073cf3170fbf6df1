using HiCorr.Native.Cuda;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

public sealed partial class Sgd
{
    private const int ThreadsPerBlock = 256;

    private unsafe void StepCuda(CudaDevice device, Parameter parameter, Tensor buffer, float learningRate, bool first)
    {
        long count = (long)parameter.Value.Rows * parameter.Value.Columns;
        KernelArguments arguments = default;
        arguments.Add(parameter.Value.Data).Add(parameter.Gradient.Data).Add(buffer.Data).Add(count).Add(learningRate).Add(first ? 0 : _momentum)
            .Add(first ? 1 : 1 - _dampening).Add(_weightDecay);
        device.Launch("sgd", "sgd_step", new LaunchShape(device.BlocksFor(count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }
}
