using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Telemetry;
using HiCorr.Tests.Vision;

namespace HiCorr.Tests.EndToEnd;

/// <summary>Three small rooms (two to train on, one to test) and a pack of four classes that it labels by colour: enough for every stage to do real work in seconds.</summary>
public sealed class TinyRooms : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyRooms()
    {
        Root = _folder.PathOf("rooms");
        Progress.Enabled = false;
        using (var progress = new Progress("synth", 3))
            RoomsGenerator.Write(new RoomsOptions { TrainScenes = 2, ValScenes = 1, Frames = 4, Width = 96, Height = 72, MeshEdge = 0.12f }, Root, progress, CancellationToken.None);
        Pack = TinyPack.CopyTo(_folder);
        File.WriteAllText(Path.Combine(Pack, "classes.json"), "[\"wall\", \"floor\", \"chair\", \"table\"]");
    }

    public const int Epochs = 12;

    public string Root { get; }

    public string Pack { get; }

    /// <summary>Flags of a quick run on these rooms.</summary>
    public string[] Flags(string verb, string outFolder, params string[] more) =>
        [verb, "--dataset", "scannet", "--root", Root, "--model", Pack, "--out", outFolder, .. more, "--set", "network.voxel_size=0.2", "train.batch_scenes=1", $"train.epochs={Epochs}", "flat.epochs=2", "flat.max_side=48"];

    public void Dispose() => _folder.Dispose();
}
