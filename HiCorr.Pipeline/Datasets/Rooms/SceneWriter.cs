using System.Globalization;
using System.Text;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>Writes a scene as ScanNet lays it out: <c>scans/NAME/</c> and <c>scannet_frames_25k/NAME/</c>, whole or not at all.</summary>
internal static class SceneWriter
{
    private const int JpegQuality = 92;

    /// <summary>Frame ids count every hundredth frame, as in ScanNet's 25k download.</summary>
    private const int FrameStep = 100;

    public static bool IsComplete(string root, string scene, string key)
    {
        string mark = Mark(root, scene);
        return File.Exists(mark) && File.ReadAllText(mark) == key && Directory.Exists(ScanFolder(root, scene)) && Directory.Exists(FramesFolder(root, scene));
    }

    /// <param name="root">Folder of the data set.</param>
    /// <param name="scene">What to write.</param>
    /// <param name="sens">Also as a <c>.sens</c> recording.</param>
    /// <param name="key">Stands for the options it was made from; written last.</param>
    public static void Write(string root, RoomScene scene, bool sens, string key)
    {
        string staging = Path.Combine(root, ".rooms", "staging", scene.Name);
        Remove(staging);
        WriteMesh(Path.Combine(staging, "scan", scene.Name), scene.Mesh);
        if (sens) WriteSens(Path.Combine(staging, "scan", scene.Name + ".sens"), scene.Frames);
        WriteFrames(Path.Combine(staging, "frames"), scene.Frames);
        // Readers find a scene by its mesh: that goes first and comes back last, so that whoever is interrupted leaves no half scene.
        File.Delete(Mark(root, scene.Name));
        Remove(ScanFolder(root, scene.Name));
        Remove(FramesFolder(root, scene.Name));
        Move(Path.Combine(staging, "frames"), FramesFolder(root, scene.Name));
        Move(Path.Combine(staging, "scan"), ScanFolder(root, scene.Name));
        Directory.Delete(staging);
        AtomicFile.WriteText(Mark(root, scene.Name), key);
    }

    private static void WriteMesh(string stem, SceneMesh mesh)
    {
        var ids = new ushort[mesh.Count];
        for (int i = 0; i < ids.Length; i++) ids[i] = RoomsClass.ToNyu40(mesh.Labels[i]);
        PlyWriter.Write(stem + "_vh_clean_2.ply", Content(null));
        PlyWriter.Write(stem + "_vh_clean_2.labels.ply", Content(ids));

        PlyContent Content(ushort[]? labels) =>
            new() { Positions = mesh.Positions, Colors = mesh.Colors, Alpha = true, WideLabels = labels, Faces = mesh.Faces };
    }

    private static void WriteFrames(string folder, IReadOnlyList<RoomFrame> frames)
    {
        string intrinsics = Matrix(Intrinsics(frames[0].Camera));
        AtomicFile.WriteText(Path.Combine(folder, "intrinsics_color.txt"), intrinsics);
        AtomicFile.WriteText(Path.Combine(folder, "intrinsics_depth.txt"), intrinsics);
        for (int i = 0; i < frames.Count; i++)
        {
            string id = (i * FrameStep).ToString("000000", CultureInfo.InvariantCulture);
            ImageWriter.WriteJpeg(Path.Combine(folder, "color", id + ".jpg"), frames[i].Color, JpegQuality);
            PngWriter.WriteGray16(Path.Combine(folder, "depth", id + ".png"), frames[i].Depth);
            string pose = Matrix(frames[i].Camera.Pose.ToRowMajor());
            AtomicFile.Write(Path.Combine(folder, "pose", id + ".txt"), stream => stream.Write(Encoding.ASCII.GetBytes(pose)), sync: false);
        }
    }

    private static void WriteSens(string path, IReadOnlyList<RoomFrame> frames)
    {
        Camera camera = frames[0].Camera;
        double[] intrinsics = Intrinsics(camera), identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
        var header = new SensHeader
        {
            SensorName = "HiCorr Rooms", ColorIntrinsics = intrinsics, DepthIntrinsics = intrinsics, ColorExtrinsics = identity, DepthExtrinsics = identity,
            Color = SensColor.Jpeg, Depth = SensDepth.Zlib, DepthShift = 1000,
            ColorWidth = camera.Width, ColorHeight = camera.Height, DepthWidth = camera.Width, DepthHeight = camera.Height,
        };
        SensWriter.Write(path, header, [.. frames.Select(f => new SensFrame(f.Camera.Pose.ToRowMajor(), f.Color, f.Depth))], JpegQuality);
    }

    private static double[] Intrinsics(in Camera camera)
    {
        Intrinsics k = camera.Intrinsics;
        return [k.Fx, 0, k.Cx, 0, 0, k.Fy, k.Cy, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    }

    private static string Matrix(double[] rowMajor)
    {
        var text = new StringBuilder();
        for (int i = 0; i < 16; i++) text.Append(rowMajor[i].ToString("0.000000", CultureInfo.InvariantCulture)).Append(i % 4 == 3 ? '\n' : ' ');
        return text.ToString();
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static void Move(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        Directory.Move(from, to);
    }

    private static string ScanFolder(string root, string scene) => Path.Combine(root, "scans", scene);

    private static string FramesFolder(string root, string scene) => Path.Combine(root, "scannet_frames_25k", scene);

    private static string Mark(string root, string scene) => Path.Combine(root, ".rooms", scene + ".key");
}
