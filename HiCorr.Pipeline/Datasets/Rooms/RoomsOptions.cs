using System.Globalization;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>What <see cref="RoomsGenerator"/> makes.</summary>
public sealed record RoomsOptions
{
    /// <summary>Scenes of the training split.</summary>
    public int TrainScenes { get; init; } = 12;

    /// <summary>Scenes of the validation split.</summary>
    public int ValScenes { get; init; } = 4;

    public long Seed { get; init; }

    /// <summary>Frames a scene.</summary>
    public int Frames { get; init; } = 24;

    public int Width { get; init; } = 320;

    public int Height { get; init; } = 240;

    /// <summary>Also write each scene as a <c>.sens</c> recording.</summary>
    public bool Sens { get; init; }

    /// <summary>Small things on tables and desks: 0 none, 1 many.</summary>
    public float Clutter { get; init; } = 0.5f;

    /// <summary>Pieces of furniture tried beyond those that each kind of room must have.</summary>
    public int ExtraObjects { get; init; } = 5;

    /// <summary>Greatest edge of the mesh in metres.</summary>
    public float MeshEdge { get; init; } = 0.046f;

    /// <summary>Scenes made at once; 0 = one per core. Does not change the bytes.</summary>
    public int Threads { get; init; }

    internal int Degree => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal void Validate()
    {
        Check("--scenes", TrainScenes, 0, 5000);
        Check("--val", ValScenes, 0, 4000);
        Check("--frames", Frames, 1, 9999);
        Check("--size", Width, 16, 4096);
        Check("--size", Height, 16, 4096);
        Check("--objects", ExtraObjects, 0, 100);
        Check("--threads", Threads, 0, 1024);
        if (!(Clutter >= 0 && Clutter <= 1)) throw Wrong("--clutter", Clutter.ToString(CultureInfo.InvariantCulture), "0 to 1");
        if (!(MeshEdge >= 0.005f && MeshEdge <= 1)) throw Wrong("mesh edge", MeshEdge.ToString(CultureInfo.InvariantCulture), "0.005 to 1 m");
    }

    /// <summary>What one scene's bytes depend on.</summary>
    internal string SceneKey(string scene, int index) => new ContentKey()
        .Add("version", RoomsGenerator.Version).Add("scene", scene).Add("index", index).Add("seed", Seed).Add("frames", Frames)
        .Add("width", Width).Add("height", Height).Add("sens", Sens).Add("clutter", Clutter).Add("extra", ExtraObjects).Add("edge", MeshEdge)
        .ToString();

    private static void Check(string name, int value, int low, int high)
    {
        if (value < low || value > high) throw Wrong(name, value.ToString(CultureInfo.InvariantCulture), $"{low} to {high}");
    }

    private static ConfigurationException Wrong(string name, string found, string allowed) => new(name, $"is {found}", $"Allowed: {allowed}");
}
