using System.Globalization;
using System.Text;
using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Compilation;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Vision;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Reports;

/// <summary>What a machine has for HiCorr, and what works with it.</summary>
/// <param name="SchemaVersion">Of the JSON document.</param>
/// <param name="Cuda">Driver, kernel compiler and GPUs.</param>
/// <param name="CudaDriver">How HiCorr goes to a GPU: see <see cref="CudaDrivers"/>.</param>
/// <param name="OnnxRuntime">Its version.</param>
/// <param name="OnnxProviders">What it can run graphs on, by its own names.</param>
/// <param name="Simd">Instructions of the CPU engine, or why there is no choice.</param>
/// <param name="Threads">Threads of the CPU engine, or why there is no number.</param>
/// <param name="CacheFolder">Where compiled kernels stay.</param>
/// <param name="Options">What one may want to ask HiCorr for.</param>
public sealed record MachineReport(int SchemaVersion, CudaSurvey Cuda, string CudaDriver, string OnnxRuntime, IReadOnlyList<string> OnnxProviders,
    string Simd, string Threads, string CacheFolder, IReadOnlyList<OptionStatus> Options)
{
    // Needs nothing of NVIDIA's, and is far slower than the CPU engine.
    private const string Emulator = "emulator";

    /// <summary>Looks; whatever is missing or set wrongly becomes part of the report.</summary>
    /// <inheritdoc cref="CudaSurvey.Take" path="/param"/>
    /// <param name="driver">How to go to a GPU; null as HICORR_CUDA_DRIVER says.</param>
    public static MachineReport Make(string? libcuda = null, string? nvrtc = null, string? driver = null)
    {
        const string Labels = "pseudo_label.device";
        CudaSurvey cuda = CudaSurvey.Take(libcuda, nvrtc);
        driver ??= CudaDrivers.Name;
        string? cudaObstacle = driver == Emulator ? null : ObstacleOf(() => CudaDrivers.Find(driver)) ?? cuda.Obstacle;
        var runtime = OrtEnv.Instance();
        string? labelObstacle = ObstacleOf(() => OnnxGraph.RequireCuda(Labels)) ?? cuda.Driver.Problem ?? (cuda.Devices.Count == 0 ? cuda.Obstacle : null);
        return new MachineReport(1, cuda, driver, runtime.GetVersionString(), runtime.GetAvailableProviders(), Describe(() => SimdPaths.Default().ToString()),
            Describe(() => Parallelism.DefaultThreads().ToString(CultureInfo.InvariantCulture)), KernelCache.DefaultFolder(),
            [new OptionStatus("--device cpu", null), new OptionStatus("--device cuda", cudaObstacle), new OptionStatus($"{Labels}=cuda", labelObstacle)]);
    }

    public string ToText()
    {
        var text = new StringBuilder();
        void Line(string name, string value) => text.Append(name.PadRight(26)).Append(value).Append('\n');
        Line("driver", Describe(Cuda.Driver));
        Line("NVRTC", Describe(Cuda.Compiler));
        Line("CUDA through", CudaDriver == Emulator ? "the emulator: kernels run on the processor, for tests" : CudaDriver);
        for (int i = 0; i < Cuda.Devices.Count; i++)
        {
            CudaProperties gpu = Cuda.Devices[i];
            Line(string.Create(CultureInfo.InvariantCulture, $"GPU {i}"),
                string.Create(CultureInfo.InvariantCulture, $"{gpu.Name}, {gpu.Architecture}, {gpu.Multiprocessors} multiprocessors, {gpu.MemoryBytes / (double)(1L << 30):0.0} GiB"));
        }
        if (Cuda.Devices.Count == 0) Line("GPU", "none");
        Line("ONNX Runtime", $"{OnnxRuntime}: {string.Join(", ", OnnxProviders)}");
        Line("processor", $"{Simd}; threads: {Threads}");
        Line("cache of kernels", CacheFolder);
        foreach (OptionStatus option in Options) Line(option.Option, option.Works ? "works" : $"does not work: {option.Obstacle}");
        return text.ToString();
    }

    private static string Describe(CudaLibraryStatus library) => library.Found ? $"{library.Version} ({library.Path})" : library.Problem!;

    private static string Describe(Func<string> read)
    {
        string value = "";
        return ObstacleOf(() => value = read()) ?? value;
    }

    private static string? ObstacleOf(Action attempt)
    {
        try
        {
            attempt();
            return null;
        }
        catch (ConfigurationException error)
        {
            return error.Message;
        }
    }
}

/// <summary>Something to ask for, and why it does not work here; null where it does.</summary>
public sealed record OptionStatus(string Option, string? Obstacle)
{
    public bool Works => Obstacle is null;
}
