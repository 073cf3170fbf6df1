using CommandLine;
using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Cli;

[Verb("demo", HelpText = "Make rooms, label them with the shipped model, train, and compare on rooms it never saw. Needs no data.")]
public sealed class DemoVerb : ConfiguredVerb
{
    [Option("out", Default = "out/demo", HelpText = "Folder of the results.")]
    public string Out { get; set; } = "";

    [Option("scenes", Default = 112, HelpText = "Training rooms.")]
    public int Scenes { get; set; }

    [Option("val", Default = 8, HelpText = "Rooms to measure on.")]
    public int Val { get; set; }

    [Option("frames", Default = 12, HelpText = "Images of each room.")]
    public int Frames { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (Scenes < 1) throw new ConfigurationException("--scenes", $"is {Scenes}", "A network needs at least 1 room to learn from");
        if (Val < 1) throw new ConfigurationException("--val", $"is {Val}", "At least 1 room is needed to measure on");
        string rooms = Path.Combine(Out, "rooms");
        Configuration loaded = LoadConfiguration(preset: "demo");
        Configuration configuration = loaded with { Dataset = loaded.Dataset with { Layout = "scannet", Root = rooms } };
        using (var compute = new ComputeDevice(configuration.Compute)) _ = compute.Device; // what is missing is said before minutes of work
        var options = new RoomsOptions { TrainScenes = Scenes, ValScenes = Val, Frames = Frames, Seed = configuration.Seed };
        using (var progress = new Progress("synth", Scenes + Val)) RoomsGenerator.Write(options, rooms, progress, stop);

        using var pipeline = new ScenePipeline(configuration, Path.Combine(Out, "cache"), dataset => dataset.Scenes("train"));
        var run = new SegmentationRun(pipeline, Out);
        run.Execute(pipeline.Dataset.Scenes("val"), "val", stop);
        RunReport.Write(run, Out);
    }
}
