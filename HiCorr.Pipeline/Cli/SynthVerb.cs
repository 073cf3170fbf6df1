using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Cli;

[Verb("synth", HelpText = "Make Rooms, procedural indoor scenes in ScanNet's layout, and captioned images of such rooms.")]
public sealed class SynthVerb : Verb
{
    private readonly RoomsOptions _defaults = new();

    [Option("out", Required = true, HelpText = "Folder of the data set.")]
    public string Out { get; set; } = "";

    [Option("benchmark", HelpText = "A fixed set to compare methods on: rooms-40. It names its own scenes, seed, frames, size, clutter and objects.")]
    public string? Benchmark { get; set; }

    [Option("scenes", HelpText = "Training scenes (12).")]
    public int? Scenes { get; set; }

    [Option("val", HelpText = "Validation scenes (4).")]
    public int? Val { get; set; }

    [Option("seed", HelpText = "Seed of everything random (0).")]
    public long? Seed { get; set; }

    [Option("frames", HelpText = "Frames a scene (24).")]
    public int? Frames { get; set; }

    [Option("size", HelpText = "Image size as WIDTHxHEIGHT (320x240).")]
    public string? Size { get; set; }

    [Option("clutter", HelpText = "Small things on tables and desks, 0 to 1 (0.5).")]
    public float? Clutter { get; set; }

    [Option("objects", HelpText = "Pieces of furniture beyond what each kind of room must have (5).")]
    public int? Objects { get; set; }

    [Option("sens", HelpText = "Also write each scene as a .sens recording.")]
    public bool Sens { get; set; }

    [Option("captions", HelpText = "Also write this many captioned images into OUT/captions (0).")]
    public int Captions { get; set; }

    [Option("caption-size", HelpText = "Pixels along each side of a captioned image (128).")]
    public int? CaptionSize { get; set; }

    [Option("threads", HelpText = "Scenes made at once; one per core when left out.")]
    public int Threads { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (Benchmark is not null)
        {
            WriteBenchmark(RoomsBenchmark.Find(Benchmark), stop);
            return;
        }
        (int width, int height) = ParseSize();
        RoomsOptions options = _defaults with
        {
            TrainScenes = Scenes ?? _defaults.TrainScenes, ValScenes = Val ?? _defaults.ValScenes, Seed = Seed ?? _defaults.Seed, Frames = Frames ?? _defaults.Frames,
            Width = width, Height = height, Sens = Sens, Threads = Threads, Clutter = Clutter ?? _defaults.Clutter, ExtraObjects = Objects ?? _defaults.ExtraObjects,
        };
        var captions = new CaptionOptions { Count = Captions, Seed = options.Seed, Threads = Threads };
        if (CaptionSize is { } size) captions = captions with { Size = size };
        // All of the command line before any of the work.
        options.Validate();
        if (Captions != 0) captions.Validate();
        using (var progress = new Progress("synth", options.TrainScenes + options.ValScenes)) RoomsGenerator.Write(options, Out, progress, stop);
        if (Captions == 0) return;
        using var bar = new Progress("captions", Captions);
        RoomsGenerator.WriteCaptions(captions, Path.Combine(Out, "captions"), bar, stop);
    }

    private void WriteBenchmark(RoomsBenchmark benchmark, CancellationToken stop)
    {
        (string Name, bool Given)[] others =
        [
            ("--scenes", Scenes is not null), ("--val", Val is not null), ("--seed", Seed is not null), ("--frames", Frames is not null), ("--size", Size is not null),
            ("--clutter", Clutter is not null), ("--objects", Objects is not null), ("--sens", Sens), ("--captions", Captions != 0), ("--caption-size", CaptionSize is not null),
        ];
        if (Array.Find(others, other => other.Given).Name is { } given) throw new ConfigurationException(given, $"contradicts --benchmark {benchmark.Name}, which is the same for everyone", "Leave one of them out");
        using var progress = new Progress("synth", benchmark.Options.TrainScenes + benchmark.Options.ValScenes);
        benchmark.Write(Out, Threads, progress, stop);
    }

    private (int Width, int Height) ParseSize()
    {
        if (Size is null) return (_defaults.Width, _defaults.Height);
        string[] parts = Size.Split('x');
        if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height)) return (width, height);
        throw new ConfigurationException("--size", $"'{Size}' is not of the form WIDTHxHEIGHT", "For example 320x240");
    }
}
