using CommandLine;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Cli;

[Verb("train", HelpText = "Train the 3D network on refined pseudo-labels; an interrupted training goes on where it stopped.")]
public sealed class TrainVerb : PipelineVerb
{
    [Option("split", Default = "train", HelpText = "Scenes to train on: train, val, test or all.")]
    public string Split { get; set; } = "train";

    [Option("resume", HelpText = "Insist on a checkpoint: an error where there is none to go on from.")]
    public bool Resume { get; set; }

    [Option("restart", HelpText = "Throw an unfinished training's checkpoint away and begin anew.")]
    public bool Restart { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("one network is trained on all scenes");
        if (Resume && Restart) throw new ConfigurationException("--resume", "contradicts --restart");
        Configuration configuration = LoadConfiguration();
        if (!configuration.Predict.NeedsNetwork)
            throw new ConfigurationException("predict.source", $"is '{configuration.Predict.Source}': nothing is trained for it", "run and evaluate do without a training");
        using var pipeline = new ScenePipeline(configuration, CacheRoot, dataset => Select(dataset.Scenes(Split)));
        pipeline.CheckConfiguration();
        StageRunner.Run(pipeline.Refine, pipeline.TrainingScenes, stop);
        if (configuration.Distillation.Enabled) StageRunner.Run(pipeline.Fuse, pipeline.TrainingScenes, stop);

        var stage = new TrainStage(pipeline);
        if (Resume && !stage.HasCheckpoint && !stage.Locate().IsComplete)
            throw new ConfigurationException("--resume", $"there is no checkpoint of this training in {stage.Locate().Folder}", "Leave --resume out to begin; another configuration or other scenes are another training");
        if (Restart && stage.HasCheckpoint) Directory.Delete(stage.Locate().Folder, recursive: true);
        StageResult result = stage.Get(stop);

        RunFolder.Publish(Out, configuration, result);
        Console.Out.WriteLine(Path.Combine(Out, TrainStage.NetworkName));
    }
}
