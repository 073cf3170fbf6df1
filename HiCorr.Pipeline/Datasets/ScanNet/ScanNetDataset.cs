using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets.ScanNet;

/// <summary>
/// ScanNet's own raw layout: <c>scans/SCENE/SCENE_vh_clean_2.ply</c> with labels, segments and <c>.sens</c> beside it, frames in
/// <c>scannet_frames_25k/SCENE</c> or else from the <c>.sens</c> file, split files <c>scannetv2_SPLIT.txt</c> in the root.
/// </summary>
/// <param name="root">The folder that holds <c>scans</c>.</param>
/// <param name="frameStride">Every n-th frame is taken.</param>
public sealed class ScanNetDataset(string root, int frameStride = 1) : IDataset
{
    public string Layout => "scannet";

    public ClassList? Classes => ScanNetClasses.List;

    public IReadOnlyList<string> Scenes(string split)
    {
        Splits.Check(split);
        string[] present = PresentScenes();
        if (split == Splits.All || !Splits.Listed.Any(name => File.Exists(SplitFile(name)))) return present;

        string[] listed = InputFile.ReadText(SplitFile(split)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var here = present.ToHashSet(StringComparer.Ordinal);
        string[] found = [.. listed.Where(here.Contains).Distinct(StringComparer.Ordinal)];
        if (found.Length == 0) throw new InputException(SplitFile(split), null, $"names of scenes in {Path.Combine(root, "scans")}", $"{listed.Length} names, none of which is there");
        if (found.Length < listed.Length) Log.Warn("{0}: {1} of {2} scenes are not in {3} and are left out", SplitFile(split), listed.Length - found.Length, listed.Length, Path.Combine(root, "scans"));
        return found;
    }

    public IEnumerable<string> SourceFiles(string scene)
    {
        var files = new ScanNetFiles(root, scene);
        return [files.Mesh, files.LabelMesh, files.Segments, .. files.Aggregations, files.Mapping,
            .. Directory.Exists(files.Frames) ? FrameFolder.Files(files.Frames) : [files.Stream]];
    }

    public Scene Read(string scene)
    {
        var files = new ScanNetFiles(root, scene);
        PointCloud cloud = PlyReader.ReadCloud(files.Mesh);
        if (cloud.Count == 0) throw new InputException(files.Mesh, "element 'vertex'", "at least one vertex", "none");
        return new Scene
        {
            Name = scene,
            Cloud = cloud,
            Frames = ReadFrames(files),
            GroundTruth = ScanNetLabels.Read(files, cloud.Count),
            ShippedSegments = File.Exists(files.Segments) ? ScanNetLabels.ReadSegments(files.Segments, cloud.Count) : null,
            Up = (0, 0, 1),
        };
    }

    private IReadOnlyList<Frame> ReadFrames(ScanNetFiles files)
    {
        if (Directory.Exists(files.Frames)) return FrameFolder.Read(files.Frames, frameStride);
        if (File.Exists(files.Stream)) return SensFrames.Read(files.Stream, frameStride);
        Log.Warn("{0} has no frames: neither {1} nor {2} is there", files.Scene, files.Frames, files.Stream);
        return [];
    }

    private string[] PresentScenes()
    {
        string scans = Path.Combine(root, "scans");
        if (!Directory.Exists(scans)) throw new InputException(scans, null, "a folder with one folder per scene", "no such folder", "--root names the folder that holds scans/");
        string[] names = [.. Directory.GetDirectories(scans).Select(d => Path.GetFileName(d)).Where(name => File.Exists(new ScanNetFiles(root, name).Mesh))];
        if (names.Length == 0) throw new InputException(scans, null, "scenes with SCENE/SCENE_vh_clean_2.ply", "none");
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private string SplitFile(string split) => Path.Combine(root, $"scannetv2_{split}.txt");
}
