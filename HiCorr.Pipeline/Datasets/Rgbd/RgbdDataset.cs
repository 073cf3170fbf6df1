using HiCorr.Native.Devices;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rgbd;

/// <summary>
/// Posed RGB-D recordings without labels: a folder in the layout of <see cref="FrameFolder"/>, or a folder of such folders, one
/// scene each. The cloud is the mesh <c>*.ply</c> beside the frames, or else fused from the depth.
/// </summary>
public sealed class RgbdDataset(string root, RgbdConfiguration options, int frameStride = 1) : IDataset
{
    public string Layout => "rgbd";

    public ClassList? Classes => null;

    /// <summary>A recording has no splits: every split is all scenes.</summary>
    public IReadOnlyList<string> Scenes(string split)
    {
        Splits.Check(split);
        if (!Directory.Exists(root)) throw new InputException(root, null, "the folder of a recording", "no such folder");
        if (FrameFolder.IsRecording(root)) return [Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))];
        string[] scenes = [.. Directory.GetDirectories(root).Where(FrameFolder.IsRecording).Select(folder => Path.GetFileName(folder))];
        if (scenes.Length == 0)
            throw new InputException(root, null, "a recording (color/, depth/, pose/, intrinsics_color.txt, intrinsics_depth.txt) or a folder of recordings", "neither",
                Directory.Exists(Path.Combine(root, "scans")) ? "There is a folder scans: try --dataset scannet" : null);
        Array.Sort(scenes, StringComparer.Ordinal);
        return scenes;
    }

    public IEnumerable<string> SourceFiles(string scene) => [.. Meshes(FolderOf(scene)), .. FrameFolder.Files(FolderOf(scene))];

    public Scene Read(string scene)
    {
        string folder = FolderOf(scene);
        IReadOnlyList<Frame> frames = FrameFolder.Read(folder, frameStride);
        string[] meshes = Meshes(folder);
        if (meshes.Length > 1) throw new InputException(folder, null, "one mesh *.ply, or none", string.Join(", ", meshes.Select(Path.GetFileName)), "Keep the recording's own mesh only");
        return new Scene
        {
            Name = scene,
            Cloud = meshes.Length == 1 ? ReadMesh(meshes[0], frames) : Fuse(frames, folder),
            Frames = frames,
            Up = UpAxis.Of(options.Up, frames),
        };
    }

    private PointCloud Fuse(IReadOnlyList<Frame> frames, string folder)
    {
        if (frames.Count == 0) throw new InputException(Path.Combine(folder, "pose"), null, "at least one finite pose", "none", "Without a mesh *.ply the cloud is fused from posed frames");
        return new DepthFusion(options.FusionVoxel, options.FusionMinObservations, Parallelism.DefaultThreads()).Fuse(frames, folder);
    }

    private static PointCloud ReadMesh(string path, IReadOnlyList<Frame> frames)
    {
        PlyFile file = PlyReader.Read(path);
        PointCloud cloud = PlyReader.ToCloud(file);
        if (cloud.Count == 0) throw new InputException(path, "element 'vertex'", "at least one vertex", "none");
        if (cloud.Faces.Length > 0 || file.Find("nx") is not null) return cloud;
        float[] viewpoints = new float[frames.Count * 3];
        for (int i = 0; i < frames.Count; i++)
            (viewpoints[3 * i], viewpoints[3 * i + 1], viewpoints[3 * i + 2]) = ((float)frames[i].CameraToWorld.Tx, (float)frames[i].CameraToWorld.Ty, (float)frames[i].CameraToWorld.Tz);
        return new PointCloud { Source = path, Positions = cloud.Positions, Colors = cloud.Colors, Normals = Normals.OfCloud(cloud.Positions, Normals.CloudNeighbours, viewpoints) };
    }

    private static string[] Meshes(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*.ply");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private string FolderOf(string scene) => FrameFolder.IsRecording(root) ? root : Path.Combine(root, scene);
}
