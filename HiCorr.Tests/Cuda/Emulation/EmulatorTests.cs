using System.Runtime.InteropServices;
using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Emulation;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>A driver of the emulator with the test kernels of one file of Data/cuda, and the few calls that its tests share.</summary>
public abstract unsafe class EmulatorTests : IDisposable
{
    private readonly nint _module;

    private protected EmulatorTests(string source)
    {
        Assert.SkipUnless(EmulatorCompiler.IsInstalled, "needs g++");
        Driver = new EmulatorDriver(workers: 2, memoryBytes: 1 << 24);
        _module = Driver.LoadModule(Compiler().Compile(source, Driver.Properties.Architecture));
    }

    private protected EmulatorDriver Driver { get; }

    // Whoever preloads AddressSanitizer wants the kernels checked by it.
    internal static EmulatorCompiler Compiler(string? cache = null) =>
        new(Path.Combine(SharedFolder.Repository(), "cuda"), EmulatorLibrary.SanitizerIsLoaded, Path.Combine(AppContext.BaseDirectory, "Data", "cuda"), cache);

    public void Dispose()
    {
        Driver.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A copy on the device.</summary>
    private protected nint Upload<T>(params T[] values) where T : unmanaged
    {
        nint memory = Driver.Allocate(values.Length * (long)sizeof(T));
        fixed (T* host = values) Driver.CopyToDevice(memory, host, values.Length * (long)sizeof(T), 0);
        return memory;
    }

    private protected T[] Download<T>(nint memory, int count) where T : unmanaged
    {
        T[] values = new T[count];
        fixed (T* host = values) Driver.CopyToHost(host, memory, count * (long)sizeof(T), 0);
        return values;
    }

    /// <summary>The message of a launch that must fail.</summary>
    private protected string LaunchError(string kernel, LaunchShape shape, params object[] arguments) =>
        Assert.Throws<DeviceException>(() => Launch(kernel, shape, arguments)).Message;

    /// <summary>Launches with arguments of up to eight bytes each.</summary>
    private protected void Launch(string kernel, LaunchShape shape, params object[] arguments) => Launch(kernel, shape, 0, arguments);

    private protected void Launch(string kernel, LaunchShape shape, nint stream, object[] arguments)
    {
        ulong* values = stackalloc ulong[arguments.Length];
        void** addresses = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            addresses[i] = values + i;
            if (arguments[i] is nint pointer) values[i] = (ulong)pointer;
            else Marshal.StructureToPtr(arguments[i], (nint)(values + i), fDeleteOld: false);
        }
        Driver.Launch(Driver.GetFunction(_module, kernel), shape, stream, addresses);
    }
}
