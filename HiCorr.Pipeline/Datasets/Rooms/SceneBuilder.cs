using HiCorr.Pipeline.Datasets.Rooms.Layout;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>One view of a scene.</summary>
internal sealed record RoomFrame(Camera Camera, ColorImage Color, DepthImage Depth);

/// <summary>A whole scene, in memory.</summary>
internal sealed record RoomScene(string Name, Room Room, SceneMesh Mesh, IReadOnlyList<RoomFrame> Frames);

/// <summary>Furnishes a room, walks through it with a camera, and keeps what the camera saw.</summary>
internal static class SceneBuilder
{
    private const int Attempts = 20;

    /// <summary>Vertices of each required class that a scan must show.</summary>
    private const int FewestVertices = 40;

    /// <summary>From this many frames on, a walk can be expected to show all that a room must have.</summary>
    private const int FewestFrames = 8;

    /// <param name="name">ScanNet's name of the scene.</param>
    /// <param name="index">Place in its split: decides the kind of room.</param>
    public static RoomScene Build(RoomsOptions options, string name, int index, RoomRandom random)
    {
        RoomKind kind = (RoomKind)(index % Enum.GetValues<RoomKind>().Length);
        for (int attempt = 0; ; attempt++)
        {
            RoomScene scene = Build(options, name, kind, random.Fork(attempt));
            if (attempt == Attempts || options.Frames < FewestFrames || Shows(scene.Mesh, RoomPlan.Required(kind))) return scene;
        }
    }

    private static RoomScene Build(RoomsOptions options, string name, RoomKind kind, RoomRandom random)
    {
        Room room = RoomPlan.Furnish(kind, random.Fork(1), options.Clutter, options.ExtraObjects);
        var lighting = new Lighting(random.Fork(2), room.Size);
        lighting.CastShadows(room.Quads);
        Camera[] cameras = CameraPath.Walk(room, random.Fork(3), options.Frames, options.Width, options.Height);
        var photographer = new Photographer(room, lighting, options.Width, options.Height);
        var mesher = new SceneMesher(room, options.MeshEdge);
        var frames = new RoomFrame[cameras.Length];
        RoomRandom sensor = random.Fork(4);
        float exposure = sensor.Range(0.85f, 1.15f);
        for (int i = 0; i < frames.Length; i++)
        {
            RoomRandom noise = sensor.Fork(i);
            photographer.Look(cameras[i]);
            mesher.See(cameras[i], photographer.Raster);
            ColorImage color = photographer.Color(cameras[i], exposure * noise.Range(0.85f, 1.15f), noise);
            frames[i] = new RoomFrame(cameras[i], color, photographer.Depth(cameras[i], noise));
        }
        return new RoomScene(name, room, mesher.Build(room, lighting, random.Fork(5)), frames);
    }

    private static bool Shows(SceneMesh mesh, byte[] required)
    {
        Span<int> counts = stackalloc int[256];
        foreach (byte label in mesh.Labels) counts[label]++;
        foreach (byte label in required) if (counts[label] < FewestVertices) return false;
        return true;
    }
}
