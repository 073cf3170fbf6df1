using HiCorr.Native.Cuda.Compilation;
using HiCorr.Native.Cuda.Emulation;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Native.Cuda;

/// <summary>The ways to a CUDA device by their names.</summary>
public static class CudaDrivers
{
    private const string Variable = "HICORR_CUDA_DRIVER";

    /// <summary>What HICORR_CUDA_DRIVER names; libcuda where it names none.</summary>
    public static string Name => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? name : "libcuda";

    /// <summary>The driver of this <see cref="Name"/>, with the compiler of its kernels.</summary>
    /// <param name="index">Which GPU, counted from 0.</param>
    /// <exception cref="ConfigurationException">There is no driver of this name in this build.</exception>
    /// <exception cref="DeviceException">There is no such GPU, no driver for it, or nothing to compile kernels with.</exception>
    public static (ICudaDriver Driver, IKernelCompiler Compiler) Open(int index = 0) => Find(Name)(index);

    /// <summary>How to open a GPU, by its number, with the driver of this name.</summary>
    /// <exception cref="ConfigurationException">There is no driver of this name in this build.</exception>
    public static Func<int, (ICudaDriver Driver, IKernelCompiler Compiler)> Find(string name) => name switch
    {
        "libcuda" => index => WithNvrtc(() => new NvidiaDriver(index)),
#if GPU
        "managed" => index => WithNvrtc(() => new Managed.ManagedCudaDriver(index)),
#else
        "managed" => throw new ConfigurationException(Variable, "is 'managed', but this build has no ManagedCuda", "Build with -p:Gpu=true, or leave it out"),
#endif
        "emulator" => _ => (new EmulatorDriver(), new EmulatorCompiler(EmulatorCompiler.FindSources(), sanitize: false)),
        string other => throw new ConfigurationException(Variable, $"'{other}' is unknown", "Give libcuda, managed, or, for tests, emulator"),
    };

    /// <summary>The compiler first: unlike a driver it holds nothing that an error would have to release.</summary>
    private static (ICudaDriver Driver, IKernelCompiler Compiler) WithNvrtc(Func<ICudaDriver> open)
    {
        var compiler = new NvrtcCompiler();
        return (open(), compiler);
    }
}
