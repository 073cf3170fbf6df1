using HiCorr.Pipeline.Formats.ScanNet;

namespace HiCorr.Pipeline.Datasets.ScanNet;

/// <summary>Where ScanNet keeps the files of one scene.</summary>
internal sealed record ScanNetFiles(string Root, string Scene)
{
    /// <summary>The cleaned, decimated mesh that the benchmark is about.</summary>
    public string Mesh => Beside("_vh_clean_2.ply");

    /// <summary>The same mesh with NYU40 ids.</summary>
    public string LabelMesh => Beside("_vh_clean_2.labels.ply");

    /// <summary>Over-segment ids of the mesh's vertices.</summary>
    public string Segments => Beside("_vh_clean_2.0.010000.segs.json");

    /// <summary>Objects as lists of over-segments; ScanNet ships this file under both names.</summary>
    public string[] Aggregations => [Beside("_vh_clean.aggregation.json"), Beside(".aggregation.json")];

    public string Mapping => Path.Combine(Root, LabelMapping.FileName);

    public string Stream => Beside(".sens");

    /// <summary>The frames of the 25k package.</summary>
    public string Frames => Path.Combine(Root, "scannet_frames_25k", Scene);

    private string Beside(string ending) => Path.Combine(Root, "scans", Scene, Scene + ending);
}
