using HiCorr.Native.Tensors;

namespace HiCorr.Native.Devices;

/// <summary>Where ops run and tensors live: <see cref="CpuDevice"/>, or <see cref="Cuda.CudaDevice"/>.</summary>
public abstract class Device : IDisposable
{
    private protected Device(TensorPool memory) => Memory = memory;

    /// <summary>Memory of tensors that this device's ops take.</summary>
    public TensorPool Memory { get; }

    /// <summary>The processor beside this device, for what is done there: itself for a <see cref="CpuDevice"/>.</summary>
    public abstract CpuDevice Host { get; }

    /// <summary>A tensor's values in the memory of <see cref="Host"/>; the tensor is taken over, and returned where it lies there.</summary>
    public abstract Tensor MoveToHost(Tensor tensor);

    public abstract void Dispose();
}
