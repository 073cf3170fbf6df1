using HiCorr.Pipeline.Cli;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Benchmarks;

/// <summary>A verb that looks into a training that the cache holds.</summary>
internal abstract class FinishedTraining : PipelineVerb
{
    public override void Run(CancellationToken stop)
    {
        RefuseShard("the training is of all scenes");
        if (Scenes is not null) throw new ConfigurationException("--scenes", "the training is of all scenes", "Leave it out");
        Configuration configuration = LoadConfiguration();
        if (configuration.Correlation.Scope == "none") throw new ConfigurationException("correlation.scope", "is 'none'", "Name a training with transformers");
        using var pipeline = new ScenePipeline(configuration, CacheRoot, dataset => dataset.Scenes("train"));
        var training = new TrainStage(pipeline);
        StageResult result = training.Locate();
        if (!result.IsComplete)
            throw new ArtefactException(result.Folder, null, "a finished training", "none", "Train with the same settings and cache first, for example with hicorr compare --methods hicorr");
        using SegmentationNetwork network = NetworkFile.Read(result.PathOf(TrainStage.NetworkName), pipeline.Compute.Device);
        Look(pipeline, training, network, SafetensorsFile.Read(result.PathOf(Checkpoint.FileName)), stop);
    }

    /// <param name="training">Where its scenes come from.</param>
    /// <param name="network">As it is used for prediction.</param>
    /// <param name="checkpoint">All that was trained, as the last step left it.</param>
    protected abstract void Look(ScenePipeline pipeline, TrainStage training, SegmentationNetwork network, SafetensorsFile checkpoint, CancellationToken stop);

    /// <summary>The transformers, untrained.</summary>
    protected static CorrelationLearning CreateTransformers(ScenePipeline pipeline, CorrelationConfiguration correlation, FeedbackConfiguration feedback) =>
        new(pipeline.Compute.Device, correlation, feedback, pipeline.Text.Dimension, (ulong)pipeline.Configuration.Seed);
}
