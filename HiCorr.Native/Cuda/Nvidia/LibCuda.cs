using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda.Nvidia;

/// <summary>The functions of libcuda that HiCorr calls, by the names of cuda.h. All but the last two return a status, 0 for success.</summary>
/// <remarks>
/// Source: CUDA Driver API, version 11.4. Unmanaged function pointers, so that a call costs no marshalling and no managed memory. A function that
/// changed its signature has a suffix in the library that cuda.h hides behind a macro; the suffix stands in the constructor alone.
/// </remarks>
internal sealed unsafe class LibCuda
{
    /// <summary>The oldest CUDA version whose driver has all of the functions: 1000 major + 10 minor.</summary>
    public const int OldestVersion = 11040;

    private const string Override = "HICORR_LIBCUDA";
    private const string WayOut = "Install NVIDIA's driver 470 or newer, or name the library in " + Override;
    private readonly LoadedLibrary _library;

#pragma warning disable IDE1006, SA1300 // the names of cuda.h
    public readonly delegate* unmanaged<uint, int> cuInit;
    public readonly delegate* unmanaged<int*, int> cuDriverGetVersion;
    public readonly delegate* unmanaged<int*, int> cuDeviceGetCount;
    public readonly delegate* unmanaged<int*, int, int> cuDeviceGet;
    public readonly delegate* unmanaged<byte*, int, int, int> cuDeviceGetName;
    public readonly delegate* unmanaged<int*, int, int, int> cuDeviceGetAttribute;
    public readonly delegate* unmanaged<nuint*, int, int> cuDeviceTotalMem;
    public readonly delegate* unmanaged<nint*, int, int> cuDevicePrimaryCtxRetain;
    public readonly delegate* unmanaged<int, int> cuDevicePrimaryCtxRelease;
    public readonly delegate* unmanaged<nint, int> cuCtxSetCurrent;
    public readonly delegate* unmanaged<nuint*, nuint*, int> cuMemGetInfo;
    public readonly delegate* unmanaged<nint*, nuint, int> cuMemAlloc;
    public readonly delegate* unmanaged<nint, int> cuMemFree;
    public readonly delegate* unmanaged<nint*, nuint, nint, int> cuMemAllocAsync;
    public readonly delegate* unmanaged<nint, nint, int> cuMemFreeAsync;
    public readonly delegate* unmanaged<nint*, nuint, uint, int> cuMemHostAlloc;
    public readonly delegate* unmanaged<nint, int> cuMemFreeHost;
    public readonly delegate* unmanaged<nint, void*, nuint, nint, int> cuMemcpyHtoDAsync;
    public readonly delegate* unmanaged<void*, nint, nuint, nint, int> cuMemcpyDtoHAsync;
    public readonly delegate* unmanaged<nint, nint, nuint, nint, int> cuMemcpyDtoDAsync;
    public readonly delegate* unmanaged<RowCopy*, nint, int> cuMemcpy2DAsync;
    public readonly delegate* unmanaged<nint, byte, nuint, nint, int> cuMemsetD8Async;
    public readonly delegate* unmanaged<nint*, byte*, uint, int*, void**, int> cuModuleLoadDataEx;
    public readonly delegate* unmanaged<nint, int> cuModuleUnload;
    public readonly delegate* unmanaged<nint*, nint, byte*, int> cuModuleGetFunction;
    public readonly delegate* unmanaged<nint, int, int, int> cuFuncSetAttribute;
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> cuLaunchKernel;
    public readonly delegate* unmanaged<nint*, uint, int> cuStreamCreate;
    public readonly delegate* unmanaged<nint, int> cuStreamDestroy;
    public readonly delegate* unmanaged<nint, int> cuStreamSynchronize;
    public readonly delegate* unmanaged<nint, nint, uint, int> cuStreamWaitEvent;
    public readonly delegate* unmanaged<nint*, uint, int> cuEventCreate;
    public readonly delegate* unmanaged<nint, int> cuEventDestroy;
    public readonly delegate* unmanaged<nint, nint, int> cuEventRecord;
    public readonly delegate* unmanaged<nint, int> cuEventSynchronize;
    public readonly delegate* unmanaged<float*, nint, nint, int> cuEventElapsedTime;
    public readonly delegate* unmanaged<nint, int, int> cuStreamBeginCapture;
    public readonly delegate* unmanaged<nint, nint*, int> cuStreamEndCapture;
    public readonly delegate* unmanaged<nint*, nint, ulong, int> cuGraphInstantiateWithFlags;
    public readonly delegate* unmanaged<nint, nint, int> cuGraphLaunch;
    public readonly delegate* unmanaged<nint, int> cuGraphExecDestroy;
    public readonly delegate* unmanaged<nint, int> cuGraphDestroy;
    public readonly delegate* unmanaged<int, byte**, int> cuGetErrorName;
    public readonly delegate* unmanaged<int, byte**, int> cuGetErrorString;
#pragma warning restore IDE1006, SA1300

    private LibCuda(LoadedLibrary library)
    {
        _library = library;
        // The version first: a driver that is too old lacks functions, and its age is what the user can mend.
        cuDriverGetVersion = (delegate* unmanaged<int*, int>)Find("cuDriverGetVersion");
        cuGetErrorName = (delegate* unmanaged<int, byte**, int>)Find("cuGetErrorName");
        cuGetErrorString = (delegate* unmanaged<int, byte**, int>)Find("cuGetErrorString");
        int version;
        Check(cuDriverGetVersion(&version), nameof(cuDriverGetVersion));
        Version = version;
        if (version < OldestVersion)
            throw new DeviceException($"NVIDIA's driver ({Path}) is too old: it speaks CUDA {Describe(version)}, HiCorr needs {Describe(OldestVersion)} or newer. Install the driver 470 or newer");

        cuInit = (delegate* unmanaged<uint, int>)Find("cuInit");
        cuDeviceGetCount = (delegate* unmanaged<int*, int>)Find("cuDeviceGetCount");
        cuDeviceGet = (delegate* unmanaged<int*, int, int>)Find("cuDeviceGet");
        cuDeviceGetName = (delegate* unmanaged<byte*, int, int, int>)Find("cuDeviceGetName");
        cuDeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Find("cuDeviceGetAttribute");
        cuDeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)Find("cuDeviceTotalMem_v2");
        cuDevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)Find("cuDevicePrimaryCtxRetain");
        cuDevicePrimaryCtxRelease = (delegate* unmanaged<int, int>)Find("cuDevicePrimaryCtxRelease_v2");
        cuCtxSetCurrent = (delegate* unmanaged<nint, int>)Find("cuCtxSetCurrent");
        cuMemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Find("cuMemGetInfo_v2");
        cuMemAlloc = (delegate* unmanaged<nint*, nuint, int>)Find("cuMemAlloc_v2");
        cuMemFree = (delegate* unmanaged<nint, int>)Find("cuMemFree_v2");
        cuMemAllocAsync = (delegate* unmanaged<nint*, nuint, nint, int>)Find("cuMemAllocAsync");
        cuMemFreeAsync = (delegate* unmanaged<nint, nint, int>)Find("cuMemFreeAsync");
        cuMemHostAlloc = (delegate* unmanaged<nint*, nuint, uint, int>)Find("cuMemHostAlloc");
        cuMemFreeHost = (delegate* unmanaged<nint, int>)Find("cuMemFreeHost");
        cuMemcpyHtoDAsync = (delegate* unmanaged<nint, void*, nuint, nint, int>)Find("cuMemcpyHtoDAsync_v2");
        cuMemcpyDtoHAsync = (delegate* unmanaged<void*, nint, nuint, nint, int>)Find("cuMemcpyDtoHAsync_v2");
        cuMemcpyDtoDAsync = (delegate* unmanaged<nint, nint, nuint, nint, int>)Find("cuMemcpyDtoDAsync_v2");
        cuMemcpy2DAsync = (delegate* unmanaged<RowCopy*, nint, int>)Find("cuMemcpy2DAsync_v2");
        cuMemsetD8Async = (delegate* unmanaged<nint, byte, nuint, nint, int>)Find("cuMemsetD8Async");
        cuModuleLoadDataEx = (delegate* unmanaged<nint*, byte*, uint, int*, void**, int>)Find("cuModuleLoadDataEx");
        cuModuleUnload = (delegate* unmanaged<nint, int>)Find("cuModuleUnload");
        cuModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Find("cuModuleGetFunction");
        cuFuncSetAttribute = (delegate* unmanaged<nint, int, int, int>)Find("cuFuncSetAttribute");
        cuLaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Find("cuLaunchKernel");
        cuStreamCreate = (delegate* unmanaged<nint*, uint, int>)Find("cuStreamCreate");
        cuStreamDestroy = (delegate* unmanaged<nint, int>)Find("cuStreamDestroy_v2");
        cuStreamSynchronize = (delegate* unmanaged<nint, int>)Find("cuStreamSynchronize");
        cuStreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)Find("cuStreamWaitEvent");
        cuEventCreate = (delegate* unmanaged<nint*, uint, int>)Find("cuEventCreate");
        cuEventDestroy = (delegate* unmanaged<nint, int>)Find("cuEventDestroy_v2");
        cuEventRecord = (delegate* unmanaged<nint, nint, int>)Find("cuEventRecord");
        cuEventSynchronize = (delegate* unmanaged<nint, int>)Find("cuEventSynchronize");
        cuEventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)Find("cuEventElapsedTime");
        cuStreamBeginCapture = (delegate* unmanaged<nint, int, int>)Find("cuStreamBeginCapture_v2");
        cuStreamEndCapture = (delegate* unmanaged<nint, nint*, int>)Find("cuStreamEndCapture");
        cuGraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, int>)Find("cuGraphInstantiateWithFlags");
        cuGraphLaunch = (delegate* unmanaged<nint, nint, int>)Find("cuGraphLaunch");
        cuGraphExecDestroy = (delegate* unmanaged<nint, int>)Find("cuGraphExecDestroy");
        cuGraphDestroy = (delegate* unmanaged<nint, int>)Find("cuGraphDestroy");
    }

    /// <summary>CUDA version that the driver speaks, 1000 major + 10 minor.</summary>
    public int Version { get; }

    /// <summary>The library's file.</summary>
    public string Path => _library.PathOf((nint)cuDriverGetVersion);

    /// <param name="path">The library; null for HICORR_LIBCUDA, else the loader's libcuda.so.1.</param>
    /// <exception cref="DeviceException">There is no such library, or its driver is too old.</exception>
    public static LibCuda Load(string? path = null)
    {
        string name = path ?? Environment.GetEnvironmentVariable(Override) ?? "libcuda.so.1";
        return new LibCuda(LoadedLibrary.Load([name]) ?? throw new DeviceException($"there is no CUDA driver: {name} cannot be loaded. {WayOut}"));
    }

    /// <summary>"12.4" for 12040.</summary>
    public static string Describe(int version) => $"{version / 1000}.{version % 1000 / 10}";

    /// <param name="status">What the call returned.</param>
    /// <param name="call">Its name.</param>
    /// <exception cref="DeviceException">The status is not success.</exception>
    public void Check(int status, string call)
    {
        if (status != 0) throw new DeviceException($"{call}: {Explain(status)}");
    }

    /// <summary>For example "CUDA_ERROR_INVALID_VALUE (1), invalid argument".</summary>
    public string Explain(int status)
    {
        byte* name = null, text = null;
        // A status that this driver does not know leaves both null.
        _ = cuGetErrorName(status, &name);
        _ = cuGetErrorString(status, &text);
        return $"{Marshal.PtrToStringUTF8((nint)name) ?? "an error without a name"} ({status}), {Marshal.PtrToStringUTF8((nint)text) ?? "which the driver does not explain"}";
    }

    private nint Find(string function) => _library.Find(function) is var address && address != 0
        ? address
        : throw new DeviceException($"the CUDA driver lacks the function {function}: its library is damaged or no driver at all. {WayOut}");

    /// <summary>CUDA_MEMCPY2D of cuda.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct RowCopy
    {
        public const uint DeviceMemory = 2;

        public nuint FromX, FromY;
        public uint FromKind;
        public nint FromHost, FromDevice, FromArray;
        public nuint FromPitch, ToX, ToY;
        public uint ToKind;
        public nint ToHost, ToDevice, ToArray;
        public nuint ToPitch, Width, Rows;
    }
}
