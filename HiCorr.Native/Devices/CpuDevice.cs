using HiCorr.Native.Tensors;

namespace HiCorr.Native.Devices;

/// <summary>What an op needs to run on the processor: threads, memory and the instructions to use.</summary>
public sealed class CpuDevice : Device
{
    private static readonly Lazy<CpuDevice> s_default = new(() => new CpuDevice());

    /// <param name="threads">Threads to use; null for <see cref="Parallelism.DefaultThreads"/>.</param>
    /// <param name="simd">Instructions to use; null for <see cref="SimdPaths.Default"/>.</param>
    public CpuDevice(int? threads = null, SimdPath? simd = null) : base(new TensorPool(new HostMemorySpace()))
    {
        Simd = simd ?? SimdPaths.Default();
        Threads = new Parallelism(threads ?? Parallelism.DefaultThreads());
    }

    /// <summary>The process's shared device: all processors and the widest instructions, unless the environment says otherwise.</summary>
    public static CpuDevice Default => s_default.Value;

    public Parallelism Threads { get; }

    public SimdPath Simd { get; }

    public override CpuDevice Host => this;

    public override Tensor MoveToHost(Tensor tensor) => tensor;

    public override void Dispose()
    {
        Threads.Dispose();
        Memory.Dispose();
    }
}
