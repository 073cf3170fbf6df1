using System.Globalization;
using CommandLine;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Stages.Bench;

namespace HiCorr.Pipeline.Cli;

[Verb("bench", HelpText = "Time the 3D network, the transformers of correlation learning, or the ops by themselves: hicorr bench network --voxels FILE.npy, hicorr bench correlation, hicorr bench ops --voxels FILE.npy.")]
public sealed class BenchVerb : Verb
{
    [Value(0, Required = true, MetaName = "what", HelpText = "network, correlation or ops")]
    public string What { get; set; } = "";

    [Option("voxels", HelpText = "network and ops: npy file of int32 voxel coordinates, shape (N, 3), or made:N for a room of about N voxels.")]
    public string? Voxels { get; set; }

    [Option("scenes", Default = 8, HelpText = "correlation: scenes of a batch.")]
    public int Scenes { get; set; }

    [Option("points", Default = 1024, HelpText = "correlation: sampled points of a scene.")]
    public int Points { get; set; }

    [Option("width", Default = 512, HelpText = "correlation: channels, a multiple of 8.")]
    public int Width { get; set; }

    [Option("device", Default = "cpu", HelpText = "cpu, or cuda.")]
    public string Device { get; set; } = "";

    [Option("precision", Default = "fp32", HelpText = "Of products on cuda: fp32, tf32, bf16 or fp16.")]
    public string Precision { get; set; } = "";

    [Option("threads", HelpText = "Threads; HICORR_THREADS or all processors when left out.")]
    public int? Threads { get; set; }

    [Option("repetitions", Default = 5, HelpText = "Timed runs; medians are reported.")]
    public int Repetitions { get; set; }

    [Option("profile", HelpText = "network: time the ops of a training step one by one, too.")]
    public bool Profile { get; set; }

    [Option("json", HelpText = "Print one JSON document instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (Device is not ("cpu" or "cuda")) throw new ConfigurationException("--device", $"'{Device}' is unknown", "Give cpu or cuda");
        if (Device == "cuda" && Threads is not null) throw new ConfigurationException("--threads", "has no part in a benchmark on cuda", "Leave it out");
        if (Threads is < 1 or > 1024) throw new ConfigurationException("--threads", $"{Threads} is out of range", "Give 1 to 1024");
        if (Repetitions is < 1 or > 1000) throw new ConfigurationException("--repetitions", $"{Repetitions} is out of range", "Give 1 to 1000");
        switch (What)
        {
            case "network": TimeNetwork(stop); break;
            case "correlation": TimeCorrelation(stop); break;
            case "ops": TimeOps(stop); break;
            default: throw new ConfigurationException("bench", $"there is no benchmark '{What}'", "Give network, correlation or ops");
        }
    }

    private void TimeNetwork(CancellationToken stop)
    {
        using Device device = Open();
        NetworkTimes times = NetworkBenchmark.Run(VoxelFile(), device, Repetitions, Profile, stop);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private void TimeCorrelation(CancellationToken stop)
    {
        if (Scenes is < 1 or > 1024) throw new ConfigurationException("--scenes", $"{Scenes} is out of range", "Give 1 to 1024");
        if (Points is < 1 or > 65536) throw new ConfigurationException("--points", $"{Points} is out of range", "Give 1 to 65536");
        if (Width is < 8 or > 4096 || Width % 8 != 0) throw new ConfigurationException("--width", $"{Width} is no multiple of 8 from 8 to 4096", "Give for example 512");
        using Device device = Open();
        CorrelationTimes times = CorrelationBenchmark.Run(Scenes, Points, Width, device, Repetitions, stop);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private void TimeOps(CancellationToken stop)
    {
        int[] rows = NetworkBenchmark.ReadVoxels(VoxelFile());
        using Device device = Open();
        OpTimes times = new OpBenchmark(device, Repetitions, stop).Run(rows);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private string VoxelFile() => Voxels ?? throw new ConfigurationException("--voxels", "is missing", "Give an npy file of voxel coordinates, or made:100000 for a room made here");

    /// <summary>A device of this benchmark's own, so that its memory and threads are counted alone.</summary>
    private Device Open()
    {
        if (Device == "cpu") return new CpuDevice(Threads);
        (ICudaDriver driver, IKernelCompiler compiler) = CudaDrivers.Open();
        return new CudaDevice(driver, compiler, Enum.Parse<Precision>(ConfigurationLoader.Load(null, null, [("compute.precision", Precision)]).Compute.Precision, ignoreCase: true));
    }

    private static string Table(OpTimes t)
    {
        var table = new MarkdownTable("op", "shape", "ms", "spread ms", "GFLOP/s", "of the peak", "GB/s");
        foreach (OpTime op in t.Ops)
        {
            table.Add(op.Op, op.Shape, string.Create(CultureInfo.InvariantCulture, $"{1e3 * op.Seconds:0.000}"), string.Create(CultureInfo.InvariantCulture, $"{1e3 * op.SpreadSeconds:0.000}"),
                string.Create(CultureInfo.InvariantCulture, $"{op.Gflops:0}"), string.Create(CultureInfo.InvariantCulture, $"{op.Share:0%}"), string.Create(CultureInfo.InvariantCulture, $"{op.GigabytesPerSecond:0.0}"));
        }
        return string.Create(CultureInfo.InvariantCulture, $"{t.Device}, {t.Arithmetic}, peak {t.FmaPeakGflops:0} GFLOP/s\n\n") + table;
    }

    private static string Table(CorrelationTimes t) => string.Create(CultureInfo.InvariantCulture, $"""
        scenes, points  {t.Scenes} x {t.Points}, width {t.Width}
        device          {t.Device}, {t.Arithmetic}, {t.Threads} threads
        peak            {t.FmaPeakGflops:0} GFLOP/s
        intra-scene     {Describe(t.Intra)}
        inter-scene     {Describe(t.Inter)}
        AdamW           {t.OptimiserSeconds:0.000} s
        peak memory     {t.PeakMemoryBytes >> 20} MiB
        """);

    private static string Share(double? efficiency) => efficiency is null ? "" : string.Create(CultureInfo.InvariantCulture, $" ({efficiency:0%})");

    private static string Describe(TransformerTimes t) => string.Create(CultureInfo.InvariantCulture,
        $"{t.ForwardSeconds:0.000} s forward ({t.Efficiency:0%} of the peak, {t.UsefulGflop:0.0} GFLOP), {t.BackwardSeconds:0.000} s backward (together {t.TrainEfficiency:0%})");

    private static string Table(NetworkTimes t) => string.Create(CultureInfo.InvariantCulture, $"""
        voxels          {t.Voxels}
        device          {t.Device}, {t.Arithmetic}, {t.Threads} threads
        peak            {t.FmaPeakGflops:0} GFLOP/s
        kernel maps     {t.MapSeconds:0.000} s; processor {t.MapProcessorSeconds:0.000} s
        inference       {t.InferenceSeconds:0.000} s ({t.Efficiency:0%} of the peak, {t.UsefulGflop:0.0} GFLOP); processor {t.InferenceProcessorSeconds:0.000} s{Share(t.ProcessorEfficiency)}
        training step   {t.TrainStepSeconds:0.000} s ({t.TrainEfficiency:0%}); processor {t.TrainStepProcessorSeconds:0.000} s{Share(t.TrainProcessorEfficiency)}
        peak memory     {t.PeakMemoryBytes >> 20} MiB, {t.PeakMemoryRatio:0.0} times the saved activations
        managed memory  {t.ManagedBytesPerStep} bytes a step
        """) + (t.Parts is null ? "" : $"\n\n{Table(t.Parts)}");

    private static string Table(IReadOnlyList<NetworkPart> parts)
    {
        var table = new MarkdownTable("op", "level", "s", "GFLOP", "of the peak");
        foreach (NetworkPart part in parts)
        {
            table.Add(part.Op, string.Create(CultureInfo.InvariantCulture, $"{part.Level}"), string.Create(CultureInfo.InvariantCulture, $"{part.Seconds:0.000}"),
                part.Gflop > 0 ? string.Create(CultureInfo.InvariantCulture, $"{part.Gflop:0.0}") : "",
                part.Gflop > 0 ? string.Create(CultureInfo.InvariantCulture, $"{part.Efficiency:0%}") : "");
        }
        return table.ToString();
    }
}
