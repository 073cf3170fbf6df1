using CommandLine;
using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Evaluate;

namespace HiCorr.Pipeline.Cli;

[Verb("label-noise", HelpText = "Measure the noise of pseudo-labels against the ground truth: in views, across views and scenes, inside segments; writes OUT/label-noise.md and .json.")]
public sealed class LabelNoiseVerb : PipelineVerb
{
    [Option("split", Default = "train", HelpText = "Scenes whose labels are measured: train, val, test or all.")]
    public string Split { get; set; } = "train";

    [Option("train-split", Default = "train", HelpText = "Scenes that a 2D network learns from, where the method has one: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    [Option("json", HelpText = "Print the report as JSON instead of tables.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("labels are counted over all scenes");
        using var pipeline = new ScenePipeline(LoadConfiguration(), CacheRoot, dataset => dataset.Scenes(TrainSplit));
        Evaluator.CheckTruth(pipeline);
        IReadOnlyList<string> scenes = Select(pipeline.Dataset.Scenes(Split));
        StageRunner.Run(pipeline.Refine, scenes, stop);
        var report = new LabelNoiseReport(Evaluator.MeasureNoise(pipeline, scenes, stop), Split);
        report.Save(Out);
        Console.Out.WriteLine(AsJson ? report.ToJson() : report.ToMarkdown());
    }
}
