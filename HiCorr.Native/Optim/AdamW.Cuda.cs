using HiCorr.Native.Cuda;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

public sealed partial class AdamW
{
    private void StepCuda(CudaDevice device, Parameter parameter, Tensor first, Tensor second, float stepSize, float correction, double learningRate) => throw new NotSupportedException();
}
