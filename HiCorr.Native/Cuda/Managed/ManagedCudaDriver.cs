using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using static ManagedCuda.DriverAPINativeMethods;

namespace HiCorr.Native.Cuda.Managed;

/// <summary>A GPU through the package ManagedCuda-12, in builds with -p:Gpu=true, for processes that use ManagedCuda anyway.</summary>
/// <remarks>
/// Never compiled against the package: the feed in use has none. Its declarations were taken from ManagedCuda's public sources. A launch wants an
/// array of arguments of known length, which <c>cuFuncGetParamInfo</c> tells, so the driver must speak CUDA 12.4.
/// </remarks>
public sealed unsafe class ManagedCudaDriver : ICudaDriver
{
    private const int OldestVersion = 12040, MostArguments = 64;
    [ThreadStatic] private static ManagedCudaDriver? s_current;
    [ThreadStatic] private static nint[]? s_arguments;
    private readonly CUdevice _device;
    private readonly CUcontext _context;
    private readonly ConcurrentDictionary<nint, int> _parameters = new();
    private int _disposed;

    /// <param name="index">Which GPU, counted from 0.</param>
    /// <exception cref="DeviceException">There is no driver, it is too old, or it has no such GPU.</exception>
    public ManagedCudaDriver(int index = 0)
    {
        int version = 0, count = 0, major = 0, minor = 0, multiprocessors = 0;
        try
        {
            Check(cuDriverGetVersion(ref version), nameof(cuDriverGetVersion));
        }
        catch (DllNotFoundException error)
        {
            throw new DeviceException($"ManagedCuda finds no CUDA driver ({error.Message}). Install NVIDIA's driver 550 or newer", error);
        }
        if (version < OldestVersion)
            throw new DeviceException($"NVIDIA's driver is too old for ManagedCuda: it speaks CUDA {version / 1000}.{version % 1000 / 10}, 12.4 is needed. Leave HICORR_CUDA_DRIVER out, or install the driver 550 or newer");
        Check(cuInit(CUInitializationFlags.None), nameof(cuInit));
        Check(DeviceManagement.cuDeviceGetCount(ref count), nameof(DeviceManagement.cuDeviceGetCount));
        if (index < 0 || index >= count) throw new DeviceException($"there is no GPU {index}: the CUDA driver finds {count}, counted from 0");
        Check(DeviceManagement.cuDeviceGet(ref _device, index), nameof(DeviceManagement.cuDeviceGet));
        byte[] name = new byte[256];
        Check(DeviceManagement.cuDeviceGetName(name, name.Length, _device), nameof(DeviceManagement.cuDeviceGetName));
        SizeT memory = 0;
        Check(DeviceManagement.cuDeviceTotalMem_v2(ref memory, _device), nameof(DeviceManagement.cuDeviceTotalMem_v2));
        Check(DeviceManagement.cuDeviceGetAttribute(ref major, CUDeviceAttribute.ComputeCapabilityMajor, _device), nameof(DeviceManagement.cuDeviceGetAttribute));
        Check(DeviceManagement.cuDeviceGetAttribute(ref minor, CUDeviceAttribute.ComputeCapabilityMinor, _device), nameof(DeviceManagement.cuDeviceGetAttribute));
        Check(DeviceManagement.cuDeviceGetAttribute(ref multiprocessors, CUDeviceAttribute.MultiProcessorCount, _device), nameof(DeviceManagement.cuDeviceGetAttribute));
        Properties = new CudaProperties(System.Text.Encoding.UTF8.GetString(name).TrimEnd('\0'), major, minor, multiprocessors, (long)memory, version);
        Check(ContextManagement.cuDevicePrimaryCtxRetain(ref _context, _device), nameof(ContextManagement.cuDevicePrimaryCtxRetain));
    }

    public CudaProperties Properties { get; }

    public (long Free, long Total) MemoryInfo()
    {
        Enter();
        SizeT free = 0, total = 0;
        Check(MemoryManagement.cuMemGetInfo_v2(ref free, ref total), nameof(MemoryManagement.cuMemGetInfo_v2));
        return ((long)free, (long)total);
    }

    public nint Allocate(long bytes)
    {
        Enter();
        var memory = new CUdeviceptr();
        CheckMemory(MemoryManagement.cuMemAlloc_v2(ref memory, AtLeastOne(bytes)), nameof(MemoryManagement.cuMemAlloc_v2), bytes);
        return (nint)(long)memory.Pointer;
    }

    public void Free(nint memory) => Call(MemoryManagement.cuMemFree_v2, Pointer(memory), nameof(MemoryManagement.cuMemFree_v2));

    public nint AllocateAsync(long bytes, nint stream)
    {
        Enter();
        var memory = new CUdeviceptr();
        CheckMemory(MemoryManagement.cuMemAllocAsync(ref memory, AtLeastOne(bytes), Stream(stream)), nameof(MemoryManagement.cuMemAllocAsync), bytes);
        return (nint)(long)memory.Pointer;
    }

    public void FreeAsync(nint memory, nint stream)
    {
        Enter();
        Check(MemoryManagement.cuMemFreeAsync(Pointer(memory), Stream(stream)), nameof(MemoryManagement.cuMemFreeAsync));
    }

    public nint AllocatePinned(long bytes)
    {
        Enter();
        nint memory = 0;
        Check(MemoryManagement.cuMemHostAlloc(ref memory, AtLeastOne(bytes), (CUMemHostAllocFlags)0), nameof(MemoryManagement.cuMemHostAlloc));
        return memory;
    }

    public void FreePinned(nint memory) => Call(MemoryManagement.cuMemFreeHost, memory, nameof(MemoryManagement.cuMemFreeHost));

    public void CopyToDevice(nint device, void* host, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2(Pointer(device), (nint)host, bytes, Stream(stream)), nameof(AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2));
    }

    public void CopyToHost(void* host, nint device, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2((nint)host, Pointer(device), bytes, Stream(stream)), nameof(AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2));
    }

    public void CopyOnDevice(nint to, nint from, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(AsynchronousMemcpy_v2.cuMemcpyDtoDAsync_v2(Pointer(to), Pointer(from), bytes, Stream(stream)), nameof(AsynchronousMemcpy_v2.cuMemcpyDtoDAsync_v2));
    }

    public void CopyRowsOnDevice(nint to, long toPitch, nint from, long fromPitch, long width, long rows, nint stream)
    {
        if (width == 0 || rows == 0) return;
        Enter();
        var copy = new CUDAMemCpy2D
        {
            srcMemoryType = CUMemoryType.Device,
            srcDevice = Pointer(from),
            srcPitch = fromPitch,
            dstMemoryType = CUMemoryType.Device,
            dstDevice = Pointer(to),
            dstPitch = toPitch,
            WidthInBytes = width,
            Height = rows,
        };
        Check(AsynchronousMemcpy_v2.cuMemcpy2DAsync_v2(ref copy, Stream(stream)), nameof(AsynchronousMemcpy_v2.cuMemcpy2DAsync_v2));
    }

    public void Fill(nint device, byte value, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(MemsetAsync.cuMemsetD8Async(Pointer(device), value, bytes, Stream(stream)), nameof(MemsetAsync.cuMemsetD8Async));
    }

    public nint LoadModule(string path)
    {
        byte[] image = [.. File.ReadAllBytes(path), 0]; // PTX ends with a zero
        Enter();
        var module = new CUmodule();
        Check(ModuleManagement.cuModuleLoadData(ref module, image), $"{nameof(ModuleManagement.cuModuleLoadData)} of {path}");
        return module.Pointer;
    }

    public void UnloadModule(nint module) => Call(ModuleManagement.cuModuleUnload, new CUmodule { Pointer = module }, nameof(ModuleManagement.cuModuleUnload));

    public nint GetFunction(nint module, string name)
    {
        Enter();
        var function = new CUfunction();
        Check(ModuleManagement.cuModuleGetFunction(ref function, new CUmodule { Pointer = module }, name), $"{nameof(ModuleManagement.cuModuleGetFunction)} of {name}");
        SizeT offset = 0, size = 0;
        int parameters = 0;
        while (FunctionManagement.cuFuncGetParamInfo(function, parameters, ref offset, ref size) == CUResult.Success) parameters++;
        if (parameters > MostArguments) throw new DeviceException($"{name} takes {parameters} arguments; ManagedCudaDriver passes at most {MostArguments}. Use the driver libcuda");
        _parameters[function.Pointer] = parameters;
        return function.Pointer;
    }

    public void AllowSharedMemory(nint function, int bytes)
    {
        Enter();
        Check(FunctionManagement.cuFuncSetAttribute(new CUfunction { Pointer = function }, CUFunctionAttribute.MaxDynamicSharedSizeBytes, bytes), nameof(FunctionManagement.cuFuncSetAttribute));
    }

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments)
    {
        Enter();
        nint[] addresses = s_arguments ??= new nint[MostArguments];
        new ReadOnlySpan<nint>(arguments, _parameters[function]).CopyTo(addresses);
        CUResult status = DriverAPINativeMethods.Launch.cuLaunchKernel(new CUfunction { Pointer = function }, (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ,
            (uint)shape.BlockX, (uint)shape.BlockY, (uint)shape.BlockZ, (uint)shape.SharedBytes, Stream(stream), addresses, null);
        if (status != CUResult.Success) Check(status, $"{nameof(DriverAPINativeMethods.Launch.cuLaunchKernel)} of {shape}");
    }

    public nint CreateStream()
    {
        Enter();
        var stream = new CUstream();
        Check(Streams.cuStreamCreate(ref stream, CUStreamFlags.NonBlocking), nameof(Streams.cuStreamCreate));
        return stream.Pointer;
    }

    public void DestroyStream(nint stream) => Call(Streams.cuStreamDestroy_v2, Stream(stream), nameof(Streams.cuStreamDestroy_v2));

    public void Synchronize(nint stream) => Call(Streams.cuStreamSynchronize, Stream(stream), nameof(Streams.cuStreamSynchronize));

    public void Wait(nint stream, nint cudaEvent)
    {
        Enter();
        Check(Streams.cuStreamWaitEvent(Stream(stream), Event(cudaEvent), 0), nameof(Streams.cuStreamWaitEvent));
    }

    public nint CreateEvent()
    {
        Enter();
        var created = new CUevent();
        Check(Events.cuEventCreate(ref created, (CUEventFlags)0), nameof(Events.cuEventCreate));
        return created.Pointer;
    }

    public void DestroyEvent(nint cudaEvent) => Call(Events.cuEventDestroy_v2, Event(cudaEvent), nameof(Events.cuEventDestroy_v2));

    public void Record(nint cudaEvent, nint stream)
    {
        Enter();
        Check(Events.cuEventRecord(Event(cudaEvent), Stream(stream)), nameof(Events.cuEventRecord));
    }

    public float Elapsed(nint from, nint to)
    {
        Enter();
        float milliseconds = 0;
        Check(Events.cuEventSynchronize(Event(to)), nameof(Events.cuEventSynchronize));
        Check(Events.cuEventElapsedTime(ref milliseconds, Event(from), Event(to)), nameof(Events.cuEventElapsedTime));
        return milliseconds;
    }

    public void BeginCapture(nint stream)
    {
        Enter();
        Check(Streams.cuStreamBeginCapture(Stream(stream), CUstreamCaptureMode.Local), nameof(Streams.cuStreamBeginCapture));
    }

    public nint EndCapture(nint stream)
    {
        Enter();
        var recorded = new CUgraph();
        Check(Streams.cuStreamEndCapture(Stream(stream), ref recorded), nameof(Streams.cuStreamEndCapture));
        var graph = new CUgraphExec();
        CUResult status = GraphManagment.cuGraphInstantiate(ref graph, recorded, (CUgraphInstantiate_flags)0);
        Check(GraphManagment.cuGraphDestroy(recorded), nameof(GraphManagment.cuGraphDestroy));
        Check(status, nameof(GraphManagment.cuGraphInstantiate));
        return graph.Pointer;
    }

    public void LaunchGraph(nint graph, nint stream)
    {
        Enter();
        Check(GraphManagment.cuGraphLaunch(new CUgraphExec { Pointer = graph }, Stream(stream)), nameof(GraphManagment.cuGraphLaunch));
    }

    public void DestroyGraph(nint graph) => Call(GraphManagment.cuGraphExecDestroy, new CUgraphExec { Pointer = graph }, nameof(GraphManagment.cuGraphExecDestroy));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) Check(ContextManagement.cuDevicePrimaryCtxRelease(_device), nameof(ContextManagement.cuDevicePrimaryCtxRelease));
    }

    private static CUdeviceptr Pointer(nint address) => new((long)address);

    private static CUstream Stream(nint stream) => new() { Pointer = stream };

    private static CUevent Event(nint cudaEvent) => new() { Pointer = cudaEvent };

    private static SizeT AtLeastOne(long bytes) => Math.Max(bytes, 1);

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (s_current == this) return;
        Check(ContextManagement.cuCtxSetCurrent(_context), nameof(ContextManagement.cuCtxSetCurrent));
        s_current = this;
    }

    private void Call<T>(Func<T, CUResult> function, T argument, string call)
    {
        Enter();
        Check(function(argument), call);
    }

    private void CheckMemory(CUResult status, string call, long bytes)
    {
        if (status != CUResult.ErrorOutOfMemory)
        {
            Check(status, call);
            return;
        }
        SizeT free = 0, total = 0;
        _ = MemoryManagement.cuMemGetInfo_v2(ref free, ref total);
        throw new DeviceException($"{call}: out of memory. Wanted {bytes} bytes, free are {(long)free} of {(long)total} bytes of {Properties.Name}. "
            + "A smaller batch (train.batch_scenes) or larger voxels (network.voxel_size) need less");
    }

    private static void Check(CUResult status, string call)
    {
        if (status == CUResult.Success) return;
        nint name = 0, text = 0;
        _ = ErrorHandling.cuGetErrorName(status, ref name);
        _ = ErrorHandling.cuGetErrorString(status, ref text);
        throw new DeviceException($"{call}: {Marshal.PtrToStringUTF8(name)} ({(int)status}), {Marshal.PtrToStringUTF8(text)}");
    }
}
