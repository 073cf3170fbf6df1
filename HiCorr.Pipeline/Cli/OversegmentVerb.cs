using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Oversegment;

namespace HiCorr.Pipeline.Cli;

[Verb("oversegment", HelpText = "Split scenes into geometric consistency sets by their normals; with --mesh, one file into a segs.json as ScanNet's segmentator does.")]
public sealed class OversegmentVerb : StageVerb
{
    [Option("mesh", HelpText = "Instead of a data set: one PLY file, whose segment ids (segIndices) go to the JSON file that --out names.")]
    public string? Mesh { get; set; }

    [Option("threshold", HelpText = "kThresh: larger gives larger segments.")]
    public float? Threshold { get; set; }

    [Option("min-vertices", HelpText = "segMinVerts: smaller segments join a neighbour.")]
    public int? MinVertices { get; set; }

    [Option("neighbours", HelpText = "Edges per point of a cloud without faces.")]
    public int? Neighbours { get; set; }

    public override void Run(CancellationToken stop)
    {
        if (Mesh is null)
        {
            base.Run(stop);
            return;
        }
        RefuseOptionsOfDataSets();
        // Reading the presets takes as long as segmenting a scene: only where something asks for them.
        SegmentationOptions options = IsPlain ? new SegmentationOptions() : OversegmentStage.Options(LoadConfiguration().Oversegment);
        SegsJson.Write(Out, SceneName(Mesh), SceneSegmentation.Segment(PlyReader.Read(Mesh), options), options);
    }

    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.Oversegment;

    protected override IEnumerable<Flag> Flags() =>
    [
        .. base.Flags(),
        new Flag("oversegment.threshold", Threshold?.ToString(CultureInfo.InvariantCulture)),
        new Flag("oversegment.min_vertices", MinVertices?.ToString(CultureInfo.InvariantCulture)),
        new Flag("oversegment.neighbours", Neighbours?.ToString(CultureInfo.InvariantCulture)),
    ];

    private bool IsPlain => Preset is null && Method is null && ConfigurationFile is null && !Set.Any() && Flags().All(flag => flag.Value is null);

    private void RefuseOptionsOfDataSets()
    {
        (string Name, bool Given)[] options =
        [
            ("--dataset", Dataset is not null), ("--root", Root is not null), ("--split", Split != "all"), ("--scenes", Scenes is not null), ("--shard", Shard is not null),
            ("--cache", Cache is not null), ("--model", Model is not null), ("--classes", Classes is not null), ("--dry-run", DryRun), ("--json", AsJson),
        ];
        foreach ((string name, bool given) in options)
            if (given) throw new ConfigurationException(name, "has no meaning with --mesh, which segments one file", "Leave it out");
    }

    /// <summary>"scene0000_00" for "scene0000_00_vh_clean_2.ply".</summary>
    private static string SceneName(string mesh)
    {
        string name = Path.GetFileNameWithoutExtension(mesh);
        int suffix = name.IndexOf("_vh_clean", StringComparison.Ordinal);
        return suffix > 0 ? name[..suffix] : name;
    }
}
