using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace HiCorr.Native.Cuda.Nvidia;

/// <summary>A GPU through NVIDIA's libcuda, in its primary context, which it shares with ONNX Runtime in the same process.</summary>
/// <remarks>Source: CUDA Driver API, version 11.4. Calls may come from any thread.</remarks>
public sealed unsafe partial class NvidiaDriver : ICudaDriver
{
    private const int OutOfMemory = 2, MaximumDynamicSharedBytes = 8, NonBlocking = 1, CaptureOfThisThread = 1;
    [ThreadStatic] private static NvidiaDriver? s_current;
    private readonly LibCuda _cuda;
    private readonly int _device;
    private readonly nint _context;
    // Names for the errors of launches; a function's handle alone says nothing.
    private readonly ConcurrentDictionary<nint, string> _functions = new();
    private int _disposed;

    /// <param name="index">Which GPU, counted from 0 as CUDA_VISIBLE_DEVICES leaves them.</param>
    /// <param name="library">libcuda's path; null for HICORR_LIBCUDA, else the loader's libcuda.so.1.</param>
    /// <exception cref="DeviceException">There is no driver, it is too old, or it has no such GPU.</exception>
    public NvidiaDriver(int index = 0, string? library = null)
    {
        _cuda = LibCuda.Load(library);
        int count = CountDevices(_cuda);
        if (count == 0) throw new DeviceException("the CUDA driver finds no GPU. Look at nvidia-smi, and at CUDA_VISIBLE_DEVICES");
        if (index < 0 || index >= count)
            throw new DeviceException($"there is no GPU {index}: the CUDA driver finds {count}, counted from 0. Give {(count == 1 ? "0" : $"0 to {count - 1}")}");
        Properties = Describe(_cuda, index, out _device);
        nint context;
        _cuda.Check(_cuda.cuDevicePrimaryCtxRetain(&context, _device), nameof(LibCuda.cuDevicePrimaryCtxRetain));
        _context = context;
    }

    public CudaProperties Properties { get; }

    public (long Free, long Total) MemoryInfo()
    {
        Enter();
        nuint free, total;
        Check(_cuda.cuMemGetInfo(&free, &total), nameof(LibCuda.cuMemGetInfo));
        return ((long)free, (long)total);
    }

    public nint LoadModule(string path)
    {
        byte[] image = [.. File.ReadAllBytes(path), 0]; // PTX is text that ends with a zero; a cubin knows its own length
        Enter();
        const int LogBytes = 4096, ErrorLog = 5, ErrorLogBytes = 6;
        byte* log = stackalloc byte[LogBytes];
        *log = 0;
        int* options = stackalloc int[2] { ErrorLog, ErrorLogBytes };
        void** values = stackalloc void*[2] { log, (void*)LogBytes };
        nint module;
        fixed (byte* data = image)
        {
            int status = _cuda.cuModuleLoadDataEx(&module, data, 2, options, values);
            if (status == 0) return module;
            log[LogBytes - 1] = 0;
            string details = Marshal.PtrToStringUTF8((nint)log)!.Trim();
            throw new DeviceException($"{nameof(LibCuda.cuModuleLoadDataEx)} of {path}: {_cuda.Explain(status)}{(details == "" ? "" : $": {details}")}");
        }
    }

    public void UnloadModule(nint module)
    {
        Enter();
        Check(_cuda.cuModuleUnload(module), nameof(LibCuda.cuModuleUnload));
    }

    public nint GetFunction(nint module, string name)
    {
        Enter();
        nint function;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int status = _cuda.cuModuleGetFunction(&function, module, text);
            if (status != 0) throw new DeviceException($"{nameof(LibCuda.cuModuleGetFunction)} of {name}: {_cuda.Explain(status)}");
        }
        _functions[function] = name;
        return function;
    }

    public void AllowSharedMemory(nint function, int bytes)
    {
        Enter();
        int status = _cuda.cuFuncSetAttribute(function, MaximumDynamicSharedBytes, bytes);
        if (status != 0) throw new DeviceException($"{nameof(LibCuda.cuFuncSetAttribute)} of {NameOf(function)}, {bytes} bytes of shared memory: {_cuda.Explain(status)}");
    }

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments)
    {
        Enter();
        int status = _cuda.cuLaunchKernel(function, (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ, (uint)shape.BlockX, (uint)shape.BlockY, (uint)shape.BlockZ,
            (uint)shape.SharedBytes, stream, arguments, null);
        if (status != 0)
        {
            throw new DeviceException($"{nameof(LibCuda.cuLaunchKernel)} of {NameOf(function)}, {shape.GridX} x {shape.GridY} x {shape.GridZ} blocks of "
                + $"{shape.BlockX} x {shape.BlockY} x {shape.BlockZ} threads, {shape.SharedBytes} bytes of shared memory: {_cuda.Explain(status)}");
        }
    }

    /// <summary>Gives the context back; what lives in it goes with it, once nobody else in the process uses the GPU.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        Check(_cuda.cuDevicePrimaryCtxRelease(_device), nameof(LibCuda.cuDevicePrimaryCtxRelease));
    }

    /// <summary>The GPUs that a driver finds; none where there is none.</summary>
    /// <exception cref="DeviceException">The driver fails.</exception>
    internal static IReadOnlyList<CudaProperties> Devices(LibCuda cuda) => [.. Enumerable.Range(0, CountDevices(cuda)).Select(index => Describe(cuda, index, out _))];

    private static int CountDevices(LibCuda cuda)
    {
        const int NoDevice = 100;
        int status = cuda.cuInit(0), count;
        if (status == NoDevice) return 0;
        cuda.Check(status, nameof(LibCuda.cuInit));
        cuda.Check(cuda.cuDeviceGetCount(&count), nameof(LibCuda.cuDeviceGetCount));
        return count;
    }

    private static CudaProperties Describe(LibCuda cuda, int index, out int device)
    {
        const int Multiprocessors = 16, Major = 75, Minor = 76, NameBytes = 256;
        int found;
        cuda.Check(cuda.cuDeviceGet(&found, index), nameof(LibCuda.cuDeviceGet));
        device = found;
        byte* name = stackalloc byte[NameBytes];
        cuda.Check(cuda.cuDeviceGetName(name, NameBytes, found), nameof(LibCuda.cuDeviceGetName));
        nuint memory;
        cuda.Check(cuda.cuDeviceTotalMem(&memory, found), nameof(LibCuda.cuDeviceTotalMem));
        return new CudaProperties(Marshal.PtrToStringUTF8((nint)name)!, Attribute(cuda, found, Major), Attribute(cuda, found, Minor),
            Attribute(cuda, found, Multiprocessors), (long)memory, cuda.Version);
    }

    private static int Attribute(LibCuda cuda, int device, int attribute)
    {
        int value;
        cuda.Check(cuda.cuDeviceGetAttribute(&value, attribute, device), nameof(LibCuda.cuDeviceGetAttribute));
        return value;
    }

    private string NameOf(nint function) => _functions.GetValueOrDefault(function, "an unknown function");

    /// <summary>Makes the context current on this thread, unless it was this driver's last time too.</summary>
    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (s_current == this) return;
        Check(_cuda.cuCtxSetCurrent(_context), nameof(LibCuda.cuCtxSetCurrent));
        s_current = this;
    }

    private void Check(int status, string call) => _cuda.Check(status, call);
}
