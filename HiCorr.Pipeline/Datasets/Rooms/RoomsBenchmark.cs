using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets.ScanNet;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>A fixed set of rooms to compare methods on. Every option that the bytes depend on is named here, so that defaults may change without it.</summary>
/// <param name="Name">What users call it.</param>
/// <param name="Options">How it is made.</param>
public sealed record RoomsBenchmark(string Name, RoomsOptions Options)
{
    /// <summary>Scenes of the validation split that a class must be in, and points that it must have there: fewer measure one object, not a class.</summary>
    private const int FewestScenes = 2, FewestPoints = 100;

    public static IReadOnlyList<RoomsBenchmark> All { get; } =
    [
        // Full rooms and few frames: docs/rooms.md has the visibility and label noise that come of it.
        new("rooms-40", new RoomsOptions
        {
            TrainScenes = 40, ValScenes = 12, Seed = 0, Frames = 16, Width = 320, Height = 240, Clutter = 1, ExtraObjects = 10, MeshEdge = 0.046f,
        }),
    ];

    /// <exception cref="ConfigurationException">There is no benchmark of this name.</exception>
    public static RoomsBenchmark Find(string name) =>
        All.FirstOrDefault(benchmark => benchmark.Name == name)
            ?? throw new ConfigurationException("--benchmark", $"there is no benchmark '{name}'", Suggestion.For(name, All.Select(benchmark => benchmark.Name)));

    /// <summary>Writes what is not there yet, and looks at the validation split's ground truth.</summary>
    /// <param name="outFolder">Root of the data set.</param>
    /// <param name="threads">Scenes made at once; 0 = one per core.</param>
    /// <exception cref="InputException">A class is not where it has to be.</exception>
    public void Write(string outFolder, int threads, Progress? progress = null, CancellationToken stop = default)
    {
        RoomsGenerator.Write(Options with { Threads = threads }, outFolder, progress, stop);
        var dataset = new ScanNetDataset(outFolder);
        string[] missing = MissingClasses(dataset.Scenes("val").Select(scene => dataset.Read(scene).GroundTruth ?? []));
        if (missing.Length > 0)
            throw new InputException(outFolder, "ground truth of split 'val'", $"every class with {FewestPoints} points in at least {FewestScenes} scenes", $"too little of {string.Join(", ", missing)}",
                $"Write {Name} into a folder of its own");
    }

    /// <summary>Classes that too few scenes show.</summary>
    /// <param name="truths">Class index per point, scene after scene.</param>
    internal static string[] MissingClasses(IEnumerable<byte[]> truths)
    {
        var scenes = new int[RoomsClass.Count];
        foreach (byte[] truth in truths)
        {
            var points = new int[RoomsClass.None + 1];
            foreach (byte label in truth) points[label]++;
            for (int c = 0; c < scenes.Length; c++) if (points[c] >= FewestPoints) scenes[c]++;
        }
        return [.. Enumerable.Range(0, scenes.Length).Where(c => scenes[c] < FewestScenes).Select(c => RoomsClass.Names[c])];
    }
}
