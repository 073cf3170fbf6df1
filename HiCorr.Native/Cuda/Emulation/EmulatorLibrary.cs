using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda.Emulation;

/// <summary>A library that <see cref="EmulatorCompiler"/> made, loaded. Its C interface is at the end of <c>cuda/emu/emulator.cpp</c>.</summary>
internal sealed unsafe class EmulatorLibrary : IDisposable
{
    /// <summary>The .NET runtime leaks on purpose and handles faults itself; stacks of fibers must stay where they are.</summary>
    internal const string SanitizerOptions = "detect_leaks=0:detect_stack_use_after_return=0:replace_intrin=0:handle_segv=0:use_sigaltstack=0";

    private const int ErrorBytes = 2048;
    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<byte*, nint> _kernel;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int, int> _arguments;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, long, void**, int, ulong, byte*, int, int> _launch;

    /// <exception cref="DeviceException">The file is missing or is no such library, or needs AddressSanitizer, which is not there.</exception>
    public EmulatorLibrary(string path)
    {
        Path = path;
        if (path.EndsWith(EmulatorCompiler.SanitizedEnding, StringComparison.Ordinal) && !SanitizerIsLoaded)
            throw new DeviceException($"loading {path}: it was compiled with AddressSanitizer, whose runtime must be in the process from its start. " +
                $"Start it with LD_PRELOAD=$(g++ -print-file-name=libasan.so) and ASAN_OPTIONS={SanitizerOptions}");
        try
        {
            _library = NativeLibrary.Load(path);
            _kernel = (delegate* unmanaged[Cdecl]<byte*, nint>)NativeLibrary.GetExport(_library, "hicorr_emu_kernel");
            _arguments = (delegate* unmanaged[Cdecl]<nint, int*, int, int>)NativeLibrary.GetExport(_library, "hicorr_emu_arguments");
            _launch = (delegate* unmanaged[Cdecl]<nint, int, int, int, int, int, int, long, void**, int, ulong, byte*, int, int>)
                NativeLibrary.GetExport(_library, "hicorr_emu_launch");
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new DeviceException($"loading {path}: expected a library made by the emulator's compiler: {error.Message}", error);
        }
    }

    /// <summary>Whether AddressSanitizer's runtime is part of this process.</summary>
    public static bool SanitizerIsLoaded { get; } =
        File.Exists("/proc/self/maps") && File.ReadLines("/proc/self/maps").Any(line => line.Contains("libasan", StringComparison.Ordinal));

    public string Path { get; }

    /// <summary>A kernel's descriptor; 0 if the library has no such kernel.</summary>
    public nint FindKernel(string name)
    {
        byte* text = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            return _kernel(text);
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)text);
        }
    }

    /// <summary>Bytes of each of a kernel's arguments.</summary>
    public int[] ArgumentBytes(nint kernel)
    {
        int[] bytes = new int[_arguments(kernel, null, 0)];
        fixed (int* first = bytes) _ = _arguments(kernel, first, bytes.Length);
        return bytes;
    }

    /// <summary>Runs a grid to its end.</summary>
    /// <exception cref="DeviceException">A kernel did something that a GPU does not allow or define; the message says which and where.</exception>
    public void Launch(nint kernel, in LaunchShape shape, void** arguments, int workers, ulong seed)
    {
        byte* error = stackalloc byte[ErrorBytes];
        int status = _launch(kernel, shape.GridX, shape.GridY, shape.GridZ, shape.BlockX, shape.BlockY, shape.BlockZ, shape.SharedBytes, arguments, workers,
            seed, error, ErrorBytes);
        if (status != 0) throw new DeviceException("emulator: " + Marshal.PtrToStringUTF8((nint)error));
    }

    public void Dispose() => NativeLibrary.Free(_library);
}
