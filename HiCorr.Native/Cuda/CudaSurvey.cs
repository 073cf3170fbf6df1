using HiCorr.Native.Cuda.Compilation;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Native.Cuda;

/// <summary>What of CUDA this machine has; nothing is taken into use.</summary>
/// <param name="Driver">NVIDIA's driver library.</param>
/// <param name="Compiler">NVRTC.</param>
/// <param name="Devices">The GPUs in the order of their numbers.</param>
public sealed record CudaSurvey(CudaLibraryStatus Driver, CudaLibraryStatus Compiler, IReadOnlyList<CudaProperties> Devices)
{
    /// <summary>Why HiCorr's kernels cannot run here; null where they can.</summary>
    public string? Obstacle =>
        Driver.Problem ?? (Devices.Count == 0 ? "the driver finds no GPU; look at nvidia-smi, and at CUDA_VISIBLE_DEVICES" : Compiler.Problem);

    /// <param name="libcuda">The driver's path; null as for <see cref="NvidiaDriver"/>.</param>
    /// <param name="nvrtc">NVRTC's path; null as for <see cref="NvrtcCompiler"/>.</param>
    public static CudaSurvey Take(string? libcuda = null, string? nvrtc = null)
    {
        IReadOnlyList<CudaProperties> devices = [];
        CudaLibraryStatus driver = Try(() =>
        {
            var cuda = LibCuda.Load(libcuda);
            devices = NvidiaDriver.Devices(cuda);
            return new CudaLibraryStatus("CUDA " + LibCuda.Describe(cuda.Version), cuda.Path, null);
        });
        CudaLibraryStatus compiler = Try(() =>
        {
            var library = LibNvrtc.Load(nvrtc);
            return new CudaLibraryStatus(library.Version.ToString(), library.Path, null);
        });
        return new CudaSurvey(driver, compiler, devices);
    }

    private static CudaLibraryStatus Try(Func<CudaLibraryStatus> look)
    {
        try
        {
            return look();
        }
        catch (DeviceException error)
        {
            return new CudaLibraryStatus(null, null, error.Message);
        }
    }
}

/// <summary>A library of NVIDIA's: its version and file, or why it cannot be used.</summary>
public sealed record CudaLibraryStatus(string? Version, string? Path, string? Problem)
{
    public bool Found => Problem is null;
}
