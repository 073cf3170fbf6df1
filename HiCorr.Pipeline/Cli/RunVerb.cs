using CommandLine;
using HiCorr.Pipeline.Stages;

namespace HiCorr.Pipeline.Cli;

[Verb("run", HelpText = "The whole way: label frames, refine, train, and segment the scenes of a recording or data set.")]
public sealed class RunVerb : PipelineVerb
{
    [Option("train-split", Default = "train", HelpText = "Scenes to learn from: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    [Option("test-split", Default = "val", HelpText = "Scenes to segment and, with ground truth, to measure on.")]
    public string TestSplit { get; set; } = "val";

    [Option("json", HelpText = "Print the summary as JSON instead of tables.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("a whole run cannot be cut into shards");
        using var pipeline = new ScenePipeline(LoadConfiguration(), CacheRoot, dataset => Select(dataset.Scenes(TrainSplit)));
        var run = new SegmentationRun(pipeline, Out);
        run.Execute(Select(pipeline.Dataset.Scenes(TestSplit)), TestSplit, stop);
        if (AsJson) Console.Out.WriteLine(File.ReadAllText(Path.Combine(Out, "summary.json")));
        else RunReport.Write(run, Out);
    }
}
