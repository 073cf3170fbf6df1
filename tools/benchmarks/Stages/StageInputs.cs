using HiCorr.Native.Devices;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages.Predict;

namespace HiCorr.Benchmarks.Stages;

/// <summary>What the stages work on, in a folder that goes with it: the first room of rooms-40, and a recording without a mesh.</summary>
internal sealed class StageInputs : IDisposable
{
    private const string RoomName = "scene0000_00";

    private readonly Lazy<SegmentationNetwork> _network;
    private readonly Lazy<PredictStage> _predict;

    /// <param name="recording">Folder of an RGB-D recording without a mesh; null for the room's own frames.</param>
    public StageInputs(string? recording)
    {
        Folder = Directory.CreateTempSubdirectory("hicorr-benchmark-").FullName;
        string rooms = Path.Combine(Folder, "rooms"), cache = Path.Combine(Folder, "cache");
        RoomsGenerator.Write(RoomOptions, rooms);
        recording = Path.TrimEndingDirectorySeparator(Path.GetFullPath(recording ?? Path.Combine(rooms, "scannet_frames_25k", RoomName)));
        Room = new("room", RoomName, cache, ("dataset.layout", "scannet"), ("dataset.root", rooms));
        Recording = new("recording", Path.GetFileName(recording), cache, ("dataset.layout", "rgbd"), ("dataset.root", recording), ("rgbd.fusion_voxel", "0.02"));
        _network = new(() => new SegmentationNetwork(CpuDevice.Default, Room.Pipeline.Text, Room.Pipeline.Configuration.Network.VoxelSize));
        _predict = new(() =>
        {
            string path = Path.Combine(Folder, "network.safetensors");
            NetworkFile.Write(path, Network, new Dictionary<string, string>());
            return PredictStage.Create(Room.Pipeline, path);
        });
    }

    public string Folder { get; }

    public RoomsOptions RoomOptions { get; } = RoomsBenchmark.Find("rooms-40").Options with { TrainScenes = 1, ValScenes = 0 };

    public BenchmarkScene Room { get; }

    public BenchmarkScene Recording { get; }

    /// <summary>Untrained: how long a prediction takes does not depend on how good it is.</summary>
    public SegmentationNetwork Network => _network.Value;

    public PredictStage Predict => _predict.Value;

    /// <summary>A room as the generator makes it before it is written.</summary>
    public RoomScene BuildRoom() => SceneBuilder.Build(RoomOptions, RoomName, 0, new RoomRandom(RoomOptions.Seed, RoomsGenerator.ScenePurpose, 0, 0));

    public string PathOf(string file) => Path.Combine(Folder, file);

    public void Dispose()
    {
        if (_predict.IsValueCreated) _predict.Value.Dispose();
        if (_network.IsValueCreated) _network.Value.Dispose();
        Room.Dispose();
        Recording.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
