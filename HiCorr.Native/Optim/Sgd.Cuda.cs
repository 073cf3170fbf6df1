using HiCorr.Native.Cuda;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

public sealed partial class Sgd
{
    private void StepCuda(CudaDevice device, Parameter parameter, Tensor buffer, float learningRate, bool first) => throw new NotSupportedException();
}
