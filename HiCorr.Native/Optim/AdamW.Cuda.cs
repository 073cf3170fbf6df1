using HiCorr.Native.Cuda;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

public sealed partial class AdamW
{
    private const int ThreadsPerBlock = 256;

    private unsafe void StepCuda(CudaDevice device, Parameter parameter, Tensor first, Tensor second, float stepSize, float correction, double learningRate)
    {
        long count = (long)parameter.Value.Rows * parameter.Value.Columns;
        KernelArguments arguments = default;
        arguments.Add(parameter.Value.Data).Add(parameter.Gradient.Data).Add(first.Data).Add(second.Data).Add(count).Add(stepSize).Add(correction)
            .Add((float)(1 - (learningRate * _weightDecay))).Add((float)_beta1).Add((float)(1 - _beta1)).Add((float)_beta2).Add((float)(1 - _beta2)).Add((float)_epsilon);
        device.Launch("adam_w", "adam_w_step", new LaunchShape(device.BlocksFor(count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }
}
