using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.ScanNet;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.ScanNet;

/// <summary>
/// Ground truth of a ScanNet scene: from <c>*_vh_clean_2.labels.ply</c>, or else from the annotation itself (segments, aggregation
/// and the label mapping), as ScanNet's own export makes it.
/// </summary>
internal static class ScanNetLabels
{
    /// <summary>Files that the labels may come from.</summary>
    public static IEnumerable<string> Files(string root, string scene) =>
        [LabelMesh(root, scene), .. AggregationFiles(root, scene), MappingFile(root)];

    /// <summary>Class index per vertex; null for a scene without annotation.</summary>
    public static byte[]? Read(string root, string scene, int vertices)
    {
        if (File.Exists(LabelMesh(root, scene))) return FromMesh(LabelMesh(root, scene), vertices);
        string? aggregation = AggregationFiles(root, scene).FirstOrDefault(File.Exists);
        return aggregation is null ? null : FromAnnotation(root, scene, aggregation, vertices);
    }

    private static byte[] FromMesh(string path, int vertices)
    {
        PlyFile file = PlyReader.Read(path);
        if (file.VertexCount != vertices) throw new InputException(path, "element 'vertex'", $"{vertices} vertices, as the mesh has", $"{file.VertexCount}");
        int[] ids = file.Require("label").ToInts();
        byte[] labels = new byte[ids.Length];
        for (int i = 0; i < ids.Length; i++) labels[i] = ScanNetClasses.FromNyu(ids[i]);
        return labels;
    }

    private static byte[] FromAnnotation(string root, string scene, string aggregation, int vertices)
    {
        string segmentsFile = Beside(root, scene, "_vh_clean_2.0.010000.segs.json");
        int[] segments = SegmentsFile.Read(segmentsFile);
        if (segments.Length != vertices) throw new InputException(segmentsFile, "segIndices", $"{vertices} ids, one per vertex of the mesh", $"{segments.Length}");
        IReadOnlyDictionary<string, int> mapping = LabelMapping.Read(MappingFile(root));
        var bySegment = new Dictionary<int, byte>();
        foreach (SegmentGroup group in AggregationFile.Read(aggregation))
        {
            if (!mapping.TryGetValue(group.Label, out int nyu))
                throw new InputException(aggregation, "segGroups", $"labels that are in {MappingFile(root)}", $"'{group.Label}'");
            // A segment in two groups takes the later one's label, as in ScanNet's export.
            foreach (int segment in group.Segments) bySegment[segment] = ScanNetClasses.FromNyu(nyu);
        }
        byte[] labels = new byte[vertices];
        for (int i = 0; i < vertices; i++) labels[i] = bySegment.GetValueOrDefault(segments[i], ClassList.None);
        return labels;
    }

    /// <summary>ScanNet ships the aggregation under both names.</summary>
    private static string[] AggregationFiles(string root, string scene) =>
        [Beside(root, scene, "_vh_clean.aggregation.json"), Beside(root, scene, ".aggregation.json")];

    private static string LabelMesh(string root, string scene) => Beside(root, scene, "_vh_clean_2.labels.ply");

    private static string MappingFile(string root) => Path.Combine(root, LabelMapping.FileName);

    private static string Beside(string root, string scene, string ending) => Path.Combine(root, "scans", scene, scene + ending);
}
