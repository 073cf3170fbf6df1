using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Cuda;

/// <summary>A CUDA device with one stream, on which all ops run in order; kernels are compiled when they are first launched.</summary>
public sealed unsafe class CudaDevice : Device
{
    private readonly IKernelCompiler _compiler;
    private readonly CudaStream _stream;
    private readonly Dictionary<string, CudaModule> _modules = [];
    private readonly Dictionary<(string Source, string Name), nint> _functions = [];

    /// <param name="driver">Taken over.</param>
    /// <param name="compiler">Of what this driver loads.</param>
    /// <param name="precision">Of matrix products.</param>
    /// <param name="host">For what is done on the processor; null for <see cref="CpuDevice.Default"/>.</param>
    /// <param name="sharesMemory">Whether tensors share large chunks, as <see cref="TensorPool"/> has it.</param>
    /// <param name="memoryLimit">Bytes that tensors may take in all.</param>
    public CudaDevice(ICudaDriver driver, IKernelCompiler compiler, Precision precision = Precision.Fp32, CpuDevice? host = null, bool sharesMemory = true, long memoryLimit = long.MaxValue)
        : this(driver, new CudaStream(driver), compiler, precision, host, sharesMemory, memoryLimit)
    {
    }

    private CudaDevice(ICudaDriver driver, CudaStream stream, IKernelCompiler compiler, Precision precision, CpuDevice? host, bool sharesMemory, long memoryLimit)
        : base(new TensorPool(new CudaMemorySpace(driver, stream.Value, memoryLimit), sharesMemory))
    {
        (Driver, _stream, _compiler, Precision, Host) = (driver, stream, compiler, precision, host ?? CpuDevice.Default);
    }

    public ICudaDriver Driver { get; }

    /// <summary>As <see cref="ICudaDriver"/> takes it.</summary>
    public nint Stream => _stream.Value;

    public Precision Precision { get; }

    public override CpuDevice Host { get; }

    /// <summary>Returns when all launches are done; what failed in one of them shows here.</summary>
    /// <exception cref="DeviceException">A launch failed.</exception>
    public void Synchronize() => Driver.Synchronize(Stream);

    public override Tensor MoveToHost(Tensor tensor)
    {
        Tensor copy = Host.Memory.Rent(tensor.Rows, tensor.Columns);
        tensor.CopyTo(copy.Span);
        tensor.Dispose();
        return copy;
    }

    /// <summary>Frees the memory, unloads the kernels and gives the driver back.</summary>
    public override void Dispose()
    {
        Memory.Dispose();
        foreach (CudaModule module in _modules.Values) module.Dispose();
        _stream.Dispose();
        Driver.Dispose();
    }

    /// <summary>Queues kernel <paramref name="name"/> of <c>cuda/SOURCE.cu</c>; a grid without blocks does nothing.</summary>
    internal void Launch(string source, string name, in LaunchShape shape, ref KernelArguments arguments)
    {
        if (shape.GridX == 0 || shape.GridY == 0 || shape.GridZ == 0) return;
        void** addresses = stackalloc void*[arguments.Count];
        for (int i = 0; i < arguments.Count; i++) addresses[i] = arguments.AddressOf(i);
        Driver.Launch(Function(source, name), shape, Stream, addresses);
    }

    /// <summary>Blocks of <paramref name="threads"/> threads for one thread an item, at most as many as keep the device busy: kernels stride over the rest.</summary>
    internal int BlocksFor(long items, int threads) => (int)Math.Min((items + threads - 1) / threads, 32L * Math.Max(4, Driver.Properties.Multiprocessors));

    /// <summary>Values that a kernel wrote, on the host; waits for it.</summary>
    internal T Read<T>(void* at) where T : unmanaged
    {
        T value;
        Memory.Space.CopyToHost(&value, (nint)at, sizeof(T));
        return value;
    }

    private nint Function(string source, string name)
    {
        // The next batch is built on another thread.
        lock (_functions) return FunctionAlone(source, name);
    }

    private nint FunctionAlone(string source, string name)
    {
        if (_functions.TryGetValue((source, name), out nint function)) return function;
        if (!_modules.TryGetValue(source, out CudaModule? module))
            _modules[source] = module = new CudaModule(Driver, _compiler.Compile(source, Driver.Properties.Architecture));
        return _functions[(source, name)] = Driver.GetFunction(module.Value, name);
    }
}
