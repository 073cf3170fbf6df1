using System.Globalization;
using CommandLine;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Stages.Bench;

namespace HiCorr.Pipeline.Cli;

[Verb("bench", HelpText = "Time the 3D network or the transformers of correlation learning: hicorr bench network --voxels FILE.npy, hicorr bench correlation.")]
public sealed class BenchVerb : Verb
{
    [Value(0, Required = true, MetaName = "what", HelpText = "network or correlation")]
    public string What { get; set; } = "";

    [Option("voxels", HelpText = "network: npy file of int32 voxel coordinates, shape (N, 3).")]
    public string? Voxels { get; set; }

    [Option("scenes", Default = 8, HelpText = "correlation: scenes of a batch.")]
    public int Scenes { get; set; }

    [Option("points", Default = 1024, HelpText = "correlation: sampled points of a scene.")]
    public int Points { get; set; }

    [Option("width", Default = 512, HelpText = "correlation: channels, a multiple of 8.")]
    public int Width { get; set; }

    [Option("device", Default = "cpu", HelpText = "cpu")]
    public string Device { get; set; } = "";

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
        if (Device != "cpu") throw new ConfigurationException("--device", $"'{Device}' cannot be timed here", "Give cpu");
        if (Threads is < 1 or > 1024) throw new ConfigurationException("--threads", $"{Threads} is out of range", "Give 1 to 1024");
        if (Repetitions is < 1 or > 1000) throw new ConfigurationException("--repetitions", $"{Repetitions} is out of range", "Give 1 to 1000");
        switch (What)
        {
            case "network": TimeNetwork(stop); break;
            case "correlation": TimeCorrelation(stop); break;
            default: throw new ConfigurationException("bench", $"there is no benchmark '{What}'", "Give network or correlation");
        }
    }

    private void TimeNetwork(CancellationToken stop)
    {
        if (Voxels is null) throw new ConfigurationException("--voxels", "is missing", "Give an npy file of voxel coordinates");
        using var device = new CpuDevice(Threads);
        NetworkTimes times = NetworkBenchmark.Run(Voxels, device, Repetitions, Profile, stop);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private void TimeCorrelation(CancellationToken stop)
    {
        if (Scenes is < 1 or > 1024) throw new ConfigurationException("--scenes", $"{Scenes} is out of range", "Give 1 to 1024");
        if (Points is < 1 or > 65536) throw new ConfigurationException("--points", $"{Points} is out of range", "Give 1 to 65536");
        if (Width is < 8 or > 4096 || Width % 8 != 0) throw new ConfigurationException("--width", $"{Width} is no multiple of 8 from 8 to 4096", "Give for example 512");
        using var device = new CpuDevice(Threads);
        CorrelationTimes times = CorrelationBenchmark.Run(Scenes, Points, Width, device, Repetitions, stop);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private static string Table(CorrelationTimes t) => string.Create(CultureInfo.InvariantCulture, $"""
        scenes, points  {t.Scenes} x {t.Points}, width {t.Width}
        threads, SIMD   {t.Threads}, {t.Simd}
        FMA peak        {t.FmaPeakGflops:0} GFLOP/s
        intra-scene     {Describe(t.Intra)}
        inter-scene     {Describe(t.Inter)}
        AdamW           {t.OptimiserSeconds:0.000} s
        peak memory     {t.PeakMemoryBytes >> 20} MiB
        """);

    private static string Describe(TransformerTimes t) => string.Create(CultureInfo.InvariantCulture,
        $"{t.ForwardSeconds:0.000} s forward ({t.Efficiency:0%} of the peak, {t.UsefulGflop:0.0} GFLOP), {t.BackwardSeconds:0.000} s backward (together {t.TrainEfficiency:0%})");

    private static string Table(NetworkTimes t) => string.Create(CultureInfo.InvariantCulture, $"""
        voxels          {t.Voxels}
        threads, SIMD   {t.Threads}, {t.Simd}
        FMA peak        {t.FmaPeakGflops:0} GFLOP/s
        kernel maps     {t.MapSeconds:0.000} s; processor {t.MapProcessorSeconds:0.000} s
        inference       {t.InferenceSeconds:0.000} s ({t.Efficiency:0%} of the peak, {t.UsefulGflop:0.0} GFLOP); processor {t.InferenceProcessorSeconds:0.000} s ({t.ProcessorEfficiency:0%})
        training step   {t.TrainStepSeconds:0.000} s ({t.TrainEfficiency:0%}); processor {t.TrainStepProcessorSeconds:0.000} s ({t.TrainProcessorEfficiency:0%})
        peak memory     {t.PeakMemoryBytes >> 20} MiB, {t.PeakMemoryRatio:0.0} times the saved activations
        managed memory  {t.ManagedBytesPerStep} bytes a step
        """) + (t.Parts is null ? "" : $"\n\n{Table(t.Parts)}");

    private static string Table(IReadOnlyList<NetworkPart> parts)
    {
        var table = new MarkdownTable("op", "level", "processor s", "GFLOP", "of the peak");
        foreach (NetworkPart part in parts)
        {
            table.Add(part.Op, string.Create(CultureInfo.InvariantCulture, $"{part.Level}"), string.Create(CultureInfo.InvariantCulture, $"{part.ProcessorSeconds:0.000}"),
                part.Gflop > 0 ? string.Create(CultureInfo.InvariantCulture, $"{part.Gflop:0.0}") : "",
                part.Gflop > 0 ? string.Create(CultureInfo.InvariantCulture, $"{part.Efficiency:0%}") : "");
        }
        return table.ToString();
    }
}
