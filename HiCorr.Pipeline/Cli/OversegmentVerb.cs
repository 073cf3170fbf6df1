using CommandLine;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Pipeline.Cli;

[Verb("oversegment", HelpText = "Over-segment one mesh or cloud by its normals, as ScanNet's segmentator does, into a segs.json.")]
public sealed class OversegmentVerb : Verb
{
    [Option("mesh", Required = true, HelpText = "PLY file; one without faces is segmented as a point cloud.")]
    public string Mesh { get; set; } = "";

    [Option("out", Required = true, HelpText = "JSON file with a segment id per vertex (segIndices).")]
    public string Out { get; set; } = "";

    [Option("threshold", Default = 0.01f, HelpText = "kThresh: larger gives larger segments.")]
    public float Threshold { get; set; }

    [Option("min-vertices", Default = 20, HelpText = "segMinVerts: smaller segments join a neighbour.")]
    public int MinVertices { get; set; }

    [Option("neighbours", Default = 12, HelpText = "Edges per point of a cloud without faces.")]
    public int Neighbours { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (!(Threshold >= 0)) throw new ConfigurationException("--threshold", "must not be negative");
        if (MinVertices < 1) throw new ConfigurationException("--min-vertices", "must be 1 or more");
        if (Neighbours is < 3 or > 64) throw new ConfigurationException("--neighbours", "must be from 3 to 64");
        var options = new SegmentationOptions(Threshold, MinVertices);
        PointCloud cloud = PlyReader.ReadCloud(Mesh);
        int[] segments = cloud.Faces.Length > 0
            ? MeshSegmentation.Segment(cloud.Positions, cloud.Faces, options)
            : CloudSegmentation.Segment(cloud, Neighbours, options);
        SegsJson.Write(Out, SceneName(Mesh), segments, options);
    }

    /// <summary>"scene0000_00" for "scene0000_00_vh_clean_2.ply".</summary>
    private static string SceneName(string mesh)
    {
        string name = Path.GetFileNameWithoutExtension(mesh);
        int suffix = name.IndexOf("_vh_clean", StringComparison.Ordinal);
        return suffix > 0 ? name[..suffix] : name;
    }
}
