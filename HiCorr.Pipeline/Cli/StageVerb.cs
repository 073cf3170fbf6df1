using CommandLine;
using HiCorr.Pipeline.Stages;

namespace HiCorr.Pipeline.Cli;

/// <summary>A verb that runs one per-scene stage, and what it builds on, over the scenes of a data set.</summary>
public abstract class StageVerb : PipelineVerb
{
    [Option("split", Default = "all", HelpText = "Scenes of this split: train, val, test or all.")]
    public string Split { get; set; } = "all";

    [Option("dry-run", HelpText = "Only say which scenes would be made.")]
    public bool DryRun { get; set; }

    [Option("json", HelpText = "Print one JSON document instead of a line a scene.")]
    public bool AsJson { get; set; }

    /// <summary>Split that a 2D network learns from, where the stage asks one.</summary>
    protected virtual string NetworkSplit => "train";

    protected abstract SceneStage StageOf(ScenePipeline pipeline);

    public override void Run(CancellationToken stop)
    {
        using var pipeline = new ScenePipeline(LoadConfiguration(), CacheRoot, dataset => dataset.Scenes(NetworkSplit));
        SceneStage stage = StageOf(pipeline);
        if (Shard is not null && !IsPrepared(stage))
            throw new ConfigurationException("--shard", "the 2D network, which all shards share, is not trained yet", "Run flat-label for one scene (--scenes) without --shard first, with the same --cache");
        IReadOnlyList<string> scenes = Select(pipeline.Dataset.Scenes(Split));
        HashSet<string> missing = [.. scenes.Where(scene => !stage.Locate(scene).IsComplete)];
        if (!DryRun) StageRunner.Run(stage, scenes, stop);

        var results = scenes.Select(scene => new { scene, state = !missing.Contains(scene) ? "cached" : DryRun ? "missing" : "made", folder = stage.Locate(scene).Folder }).ToArray();
        if (AsJson) PrintJson(new { schemaVersion = 1, stage = stage.Name, results });
        else foreach (var result in results) Console.Out.WriteLine($"{result.scene}\t{result.state}\t{result.folder}");
    }

    private static bool IsPrepared(SceneStage stage) => stage.IsPrepared && stage.Upstream.All(IsPrepared);
}

[Verb("preprocess", HelpText = "Read scenes: points, normals, faces, frames; fuse depth where there is no mesh.")]
public sealed class PreprocessVerb : StageVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.Preprocess;
}

[Verb("pseudo-label", HelpText = "Label every frame with the vision-language model.")]
public sealed class PseudoLabelVerb : StageVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.PseudoLabel;
}

[Verb("masks", HelpText = "Cut every frame into masks, for votes inside images (refine.sets=masks).")]
public sealed class MasksVerb : StageVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.Masks;
}

/// <summary>A stage whose labels may be those of a 2D network, which it trains where it is not there yet.</summary>
public abstract class NetworkLabelVerb : StageVerb
{
    [Option("train-split", Default = "train", HelpText = "Scenes that a 2D network learns from, where the method has one: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    protected override string NetworkSplit => TrainSplit;
}

[Verb("flat-label", HelpText = "Train a 2D network on the label maps of the training scenes and label every frame with it.")]
public sealed class FlatLabelVerb : NetworkLabelVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.FlatLabel;
}

[Verb("refine", HelpText = "Project the labels to points and vote inside geometric consistency sets or inside masks.")]
public sealed class RefineVerb : NetworkLabelVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.Refine;
}

[Verb("fuse", HelpText = "Mean image feature of every point over its views, for the methods that need it: with --method openscene-fusion or a relative.")]
public sealed class FuseVerb : StageVerb
{
    protected override SceneStage StageOf(ScenePipeline pipeline) => pipeline.Fuse;
}
