using CommandLine;
using HiCorr.Pipeline.Config;
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

    [Option("train-split", Default = "train", HelpText = "Scenes that a 2D network learns from, where the method has one: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    [Option("network", HelpText = "A trained network.safetensors; without it the pseudo-labels alone, or what a --method without training predicts, are measured.")]
    public string? Network { get; set; }

    [Option("json", HelpText = "Print the report as JSON instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("one confusion matrix is counted over all scenes");
        // Labelling a split takes hours: a network that is not there is better known before.
        if (Network is not null && !File.Exists(Network)) throw new ArtefactException(Network, null, "a trained network", "no such file");
        Configuration configuration = LoadConfiguration();
        if (Network is not null && !configuration.Predict.NeedsNetwork)
            throw new ConfigurationException("--network", $"has no part in predict.source '{configuration.Predict.Source}'", "Leave it out, or take a method that predicts with a network");
        using var pipeline = new ScenePipeline(configuration, CacheRoot, dataset => dataset.Scenes(TrainSplit));
        Evaluator.CheckTruth(pipeline);
        IReadOnlyList<string> scenes = Select(pipeline.Dataset.Scenes(Split));
        bool pseudoLabelsAlone = Network is null && configuration.Predict.Source == "network";
        using PredictStage? predict = pseudoLabelsAlone ? null : PredictStage.Create(pipeline, Network);
        StageRunner.Run(pipeline.Refine, scenes, stop);
        if (predict is not null) StageRunner.Run(predict, scenes, stop);

        MetricsReport report = Evaluator.Measure(pipeline, scenes, Split, predict, stop);
        report.Save(Path.Combine(Out, "metrics.json"));
        if (AsJson) Console.Out.WriteLine(report.ToJson());
        else MetricsTable.Write(AnsiConsole.Console, report);
    }
}
