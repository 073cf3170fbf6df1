using System.Globalization;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Flat;

/// <summary>
/// Trains one 2D network on the label maps of all images of the training scenes: MaskCLIP+'s student, and the 2D half of Chen et al.'s co-training. It is
/// the 3D network on flat images. Its result, addressed by all that it depends on, holds <c>network.safetensors</c>, the checkpoint and the metrics.
/// </summary>
public sealed class FlatTrainStage
{
    private const int Version = 1;

    /// <summary>Every scene that is labelled asks for the key, which is made from those of all training scenes.</summary>
    private readonly Lazy<StageResult> _located;
    private readonly ScenePipeline _pipeline;

    public FlatTrainStage(ScenePipeline pipeline) => (_pipeline, _located) = (pipeline, new(Open));

    private Configuration Configuration => _pipeline.Configuration;

    private bool UsesMasks => Configuration.Flat.Labels == "masks";

    /// <summary>Stages whose results of the training scenes it reads.</summary>
    private IReadOnlyList<SceneStage> Upstream => UsesMasks ? [_pipeline.PseudoLabel, _pipeline.Masks] : [_pipeline.PseudoLabel];

    /// <summary>Where the result is, or will be. Label maps need not be there yet.</summary>
    public StageResult Locate() => _located.Value;

    /// <summary>The trained network of a complete result.</summary>
    public static string NetworkOf(StageResult result) => result.PathOf(TrainStage.NetworkName);

    /// <summary>The complete result, trained now where it is not in the cache; label maps that it needs are made.</summary>
    /// <exception cref="InputException">The training scenes have no images.</exception>
    public StageResult Get(CancellationToken stop)
    {
        StageResult result = Locate();
        if (result.IsComplete) return result;
        foreach (SceneStage stage in Upstream) StageRunner.Run(stage, _pipeline.TrainingScenes, stop);
        FlatImage[] images = [.. _pipeline.TrainingScenes.SelectMany(Images)];
        if (images.Length == 0)
            throw new InputException(Configuration.Dataset.Root, null, "images in the training scenes", $"none in {_pipeline.TrainingScenes.Count} scenes", "The 2D network learns from images");

        Directory.CreateDirectory(result.Folder);
        AtomicFile.RemoveLeftovers(result.Folder);
        // Pixels have no size in metres: the network is never shown a cloud.
        using var network = new SegmentationNetwork(_pipeline.Compute.Device, _pipeline.Text, voxelSize: 1, NetworkInputs.Color, (ulong)Configuration.Seed);
        using var trainer = new FlatTrainer(Configuration, images, network, result.Folder, result.Key);
        IReadOnlyList<EpochMetrics> history = trainer.Run(stop);
        NetworkFile.Write(NetworkOf(result), network, new Dictionary<string, string>
        {
            ["model"] = _pipeline.Pack.Name,
            ["input"] = "flat images: pixel (x, y) is voxel (x, y, 0)",
            ["training_images"] = images.Length.ToString(CultureInfo.InvariantCulture),
            ["epochs"] = history.Count.ToString(CultureInfo.InvariantCulture),
            ["seed"] = Configuration.Seed.ToString(CultureInfo.InvariantCulture),
        });
        result.Complete(string.Create(CultureInfo.InvariantCulture, $"{{\"images\":{images.Length},\"epochs\":{history.Count},\"networkParameters\":{network.Backbone.ParameterCount},\"seconds\":{history.Sum(e => e.Seconds):0.0},\"loss\":{history[^1].Loss:R}}}"));
        return result;
    }

    private StageResult Open()
    {
        Configuration c = Configuration;
        ContentKey key = new ContentKey().Add("stage", "flat").Add("version", Version).Add("seed", c.Seed).Add("flat", c.Flat.ToString());
        key.Add("optimiser", c.Train.Optimiser).Add("learning_rate", c.Train.LearningRate).Add("warm_up", c.Train.WarmUp).Add("momentum", c.Train.Momentum)
            .Add("dampening", c.Train.Dampening).Add("weight_decay", c.Train.WeightDecay).Add("class_balance", c.Train.ClassBalance);
        if (c.Train.PreciseBatchNorm) key.Add("precise_batch_norm", c.Train.PreciseBatchNorm);
        key.AddOptional("compute", _pipeline.Compute.KeyPart);
        key.Add("classes", string.Join('\n', _pipeline.Classes.Classes.Names)).Add("model", _pipeline.Pack.Key);
        foreach (string scene in _pipeline.TrainingScenes)
            foreach (SceneStage stage in Upstream) key.Add(scene + "/" + stage.Name, stage.Locate(scene).Key);
        return _pipeline.Cache.Open("flat", "network", key);
    }

    private IEnumerable<FlatImage> Images(string scene)
    {
        StageResult labels = _pipeline.PseudoLabel.Locate(scene);
        StageResult? masks = UsesMasks ? _pipeline.Masks.Locate(scene) : null;
        return SceneFolder.LoadFrames(_pipeline.Preprocess.Locate(scene)).Select(frame => new FlatImage(frame, labels, masks));
    }
}
