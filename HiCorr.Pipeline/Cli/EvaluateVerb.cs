using CommandLine;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Predict;
using Spectre.Console;

namespace HiCorr.Pipeline.Cli;

[Verb("evaluate", HelpText = "Measure pseudo-labels, and a trained network, against the ground truth; writes OUT/metrics.json.")]
public sealed class EvaluateVerb : PipelineVerb
{
    [Option("split", Default = "val", HelpText = "Scenes to measure on: train, val, test or all.")]
    public string Split { get; set; } = "val";

    [Option("network", HelpText = "A trained network.safetensors; without it the pseudo-labels alone are measured.")]
    public string? Network { get; set; }

    [Option("json", HelpText = "Print the report as JSON instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("one confusion matrix is counted over all scenes");
        // Labelling a split takes hours: a network that is not there is better known before.
        if (Network is not null && !File.Exists(Network)) throw new ArtefactException(Network, null, "a trained network", "no such file");
        using var pipeline = new ScenePipeline(LoadConfiguration(), CacheRoot);
        IReadOnlyList<string> scenes = Select(pipeline.Dataset.Scenes(Split));
        StageRunner.Run(pipeline.Refine, scenes, stop);
        using PredictStage? predict = Network is null ? null : new PredictStage(pipeline.Cache, pipeline.Preprocess, Network);
        if (predict is not null) StageRunner.Run(predict, scenes, stop);

        MetricsReport report = Evaluator.Measure(pipeline, scenes, Split, predict, stop);
        report.Save(Path.Combine(Out, "metrics.json"));
        if (AsJson) Console.Out.WriteLine(report.ToJson());
        else MetricsTable.Write(AnsiConsole.Console, report);
    }
}
