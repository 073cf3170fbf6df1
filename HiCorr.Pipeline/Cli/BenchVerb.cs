using System.Globalization;
using CommandLine;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Stages.Bench;

namespace HiCorr.Pipeline.Cli;

[Verb("bench", HelpText = "Time the 3D network on given voxels: hicorr bench network --voxels FILE.npy.")]
public sealed class BenchVerb : Verb
{
    [Value(0, Required = true, MetaName = "what", HelpText = "network")]
    public string What { get; set; } = "";

    [Option("voxels", Required = true, HelpText = "npy file of int32 voxel coordinates, shape (N, 3).")]
    public string Voxels { get; set; } = "";

    [Option("device", Default = "cpu", HelpText = "cpu")]
    public string Device { get; set; } = "";

    [Option("threads", HelpText = "Threads; HICORR_THREADS or all processors when left out.")]
    public int? Threads { get; set; }

    [Option("repetitions", Default = 5, HelpText = "Timed runs; medians are reported.")]
    public int Repetitions { get; set; }

    [Option("json", HelpText = "Print one JSON document instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (What != "network") throw new ConfigurationException("bench", $"there is no benchmark '{What}'", "Give network");
        if (Device != "cpu") throw new ConfigurationException("--device", $"'{Device}' cannot be timed here", "Give cpu");
        if (Threads is < 1 or > 1024) throw new ConfigurationException("--threads", $"{Threads} is out of range", "Give 1 to 1024");
        if (Repetitions is < 1 or > 1000) throw new ConfigurationException("--repetitions", $"{Repetitions} is out of range", "Give 1 to 1000");
        using var device = new CpuDevice(Threads);
        NetworkTimes times = NetworkBenchmark.Run(Voxels, device, Repetitions, stop);
        if (AsJson) PrintJson(times);
        else Console.Out.WriteLine(Table(times));
    }

    private static string Table(NetworkTimes t) => string.Create(CultureInfo.InvariantCulture, $"""
        voxels          {t.Voxels}
        threads, SIMD   {t.Threads}, {t.Simd}
        kernel maps     {t.MapSeconds:0.000} s
        inference       {t.InferenceSeconds:0.000} s ({t.Efficiency:0%} of {t.FmaPeakGflops:0} GFLOP/s, {t.UsefulGflop:0.0} GFLOP)
        training step   {t.TrainStepSeconds:0.000} s ({t.TrainEfficiency:0%})
        peak memory     {t.PeakMemoryBytes >> 20} MiB
        """);
}
