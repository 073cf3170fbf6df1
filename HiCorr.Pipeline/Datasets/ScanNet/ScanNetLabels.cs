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
    /// <summary>Class index per vertex; null for a scene without annotation.</summary>
    public static byte[]? Read(ScanNetFiles files, int vertices)
    {
        if (File.Exists(files.LabelMesh)) return FromMesh(files.LabelMesh, vertices);
        string? aggregation = files.Aggregations.FirstOrDefault(File.Exists);
        return aggregation is null ? null : FromAnnotation(files, aggregation, vertices);
    }

    /// <summary>The shipped over-segments, one id per vertex.</summary>
    public static int[] ReadSegments(string path, int vertices)
    {
        int[] segments = SegmentsFile.Read(path);
        return segments.Length == vertices ? segments
            : throw new InputException(path, "segIndices", $"{vertices} ids, one per vertex of the mesh", $"{segments.Length}");
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

    private static byte[] FromAnnotation(ScanNetFiles files, string aggregation, int vertices)
    {
        int[] segments = ReadSegments(files.Segments, vertices);
        IReadOnlyDictionary<string, int> mapping = LabelMapping.Read(files.Mapping);
        var bySegment = new Dictionary<int, byte>();
        foreach (SegmentGroup group in AggregationFile.Read(aggregation))
        {
            if (!mapping.TryGetValue(group.Label, out int nyu))
                throw new InputException(aggregation, "segGroups", $"labels that are in {files.Mapping}", $"'{group.Label}'");
            // A segment in two groups takes the later one's label, as in ScanNet's export.
            foreach (int segment in group.Segments) bySegment[segment] = ScanNetClasses.FromNyu(nyu);
        }
        byte[] labels = new byte[vertices];
        for (int i = 0; i < vertices; i++) labels[i] = bySegment.GetValueOrDefault(segments[i], ClassList.None);
        return labels;
    }
}
