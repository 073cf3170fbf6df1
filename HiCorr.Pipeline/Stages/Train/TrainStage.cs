using System.Globalization;
using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.PseudoLabel;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Trains one network on the training scenes. Its result, addressed by all that it depends on, holds <c>network.safetensors</c>, the checkpoint and the
/// metrics; an unfinished result with a checkpoint is one to go on from.
/// </summary>
public sealed class TrainStage(ScenePipeline pipeline)
{
    private const int Version = 3;

    /// <summary>The image side of the consistency: features under its fixed matrix.</summary>
    private readonly Lazy<FrameFeatures> _imageSide = new(() => new FrameFeatures(pipeline.Configuration, pipeline.Pack, "consistency",
        ConsistencyLoss.Projection(pipeline.Pack.EmbeddingDimension, (ulong)pipeline.Configuration.Seed)));

    /// <summary>The trained network inside the result.</summary>
    public const string NetworkName = "network.safetensors";

    private IReadOnlyList<string> Scenes => pipeline.TrainingScenes;

    /// <summary>Where the result is, or will be. Refined labels need not be there yet.</summary>
    public StageResult Locate()
    {
        Configuration c = pipeline.Configuration;
        ContentKey key = new ContentKey().Add("stage", "train").Add("version", Version).Add("seed", c.Seed).Add("network", c.Network.ToString()).Add("train", c.Train.ToString())
            .Add("correlation", c.Correlation.ToString()).Add("feedback", c.Feedback.ToString());
        key.AddOptional("compute", pipeline.Compute.KeyPart);
        key.Add("classes", string.Join('\n', pipeline.Classes.Classes.Names)).Add("model", pipeline.Pack.Key);
        foreach (string scene in Scenes) key.Add(scene, pipeline.Refine.Locate(scene).Key);
        // What is switched off has no part in the result, and none in its key. Of the labels' features, the refined labels' keys know already.
        if (c.Refine.Sets == "masks" && c.Correlation.Scope != "none") // votes know the masks alone; points are drawn from segments
            foreach (string scene in Scenes) key.Add(scene + " segments", pipeline.Oversegment.Locate(scene).Key);
        if (c.Consistency.Enabled) key.Add("consistency", c.Consistency.ToString());
        if (c.SelfTraining.Enabled) key.Add("self_training", c.SelfTraining.ToString());
        if (c.Cotraining.Enabled) key.Add("cotraining", c.Cotraining.ToString());
        if (c.Distillation.Enabled)
        {
            key.Add("distillation", c.Distillation.ToString());
            foreach (string scene in Scenes) key.Add(scene + " fused", pipeline.Fuse.Locate(scene).Key);
        }
        return pipeline.Cache.Open("train", "network", key);
    }

    /// <summary>True where an interrupted training left a checkpoint.</summary>
    public bool HasCheckpoint => !Locate().IsComplete && File.Exists(Locate().PathOf(Checkpoint.FileName));

    /// <summary>The complete result, trained now where it is not in the cache.</summary>
    /// <exception cref="ArtefactException">No scene has a labelled point.</exception>
    public StageResult Get(CancellationToken stop)
    {
        StageResult result = Locate();
        if (result.IsComplete) return result;
        TrainingScene[] training = [.. Scenes.Select(Load).Where(scene => scene.Pairs.Count > 0)];
        if (training.Length == 0)
            throw new ArtefactException(pipeline.Cache.Root, "stage refine", "at least one point with a pseudo-label", $"none in {Scenes.Count} scenes", "Check poses and depth; a larger projection.depth_tolerance accepts more points, a smaller pseudo_label.min_confidence more labels");

        Directory.CreateDirectory(result.Folder);
        AtomicFile.RemoveLeftovers(result.Folder);
        Configuration c = pipeline.Configuration;
        using var network = new SegmentationNetwork(pipeline.Compute.Device, pipeline.Text, c.Network.VoxelSize, c.Network.VoxelInputs, (ulong)c.Seed) { Scoring = c.Distillation.Enabled ? pipeline.Scoring : null };
        using var trainer = new Trainer(c, training, network, result.Folder, result.Key);
        IReadOnlyList<EpochMetrics> history = trainer.Run(stop);
        NetworkFile.Write(result.PathOf(NetworkName), network, new Dictionary<string, string>
        {
            ["model"] = pipeline.Pack.Name,
            ["training_scenes"] = training.Length.ToString(CultureInfo.InvariantCulture),
            ["epochs"] = c.Train.Epochs.ToString(CultureInfo.InvariantCulture),
            ["seed"] = c.Seed.ToString(CultureInfo.InvariantCulture),
        });
        result.Complete(string.Create(CultureInfo.InvariantCulture, $"{{\"scenes\":{training.Length},\"epochs\":{history.Count},\"networkParameters\":{network.Backbone.ParameterCount},\"trainingParameters\":{trainer.ParameterCount},\"seconds\":{history.Sum(e => e.Seconds):0.0},\"loss\":{history[^1].Loss:R}}}"));
        return result;
    }

    /// <summary>A scene with its labels, made now where they are not in the cache.</summary>
    internal TrainingScene Load(string name)
    {
        Scene scene = SceneFolder.Load(pipeline.Preprocess.Get(name));
        var sets = new GeometricSets(OversegmentStage.Load(pipeline.Oversegment.Get(name), scene.Cloud.Count));
        Configuration c = pipeline.Configuration;
        StageResult refined = pipeline.Refine.Get(name);
        LabelPairs pairs = LabelPairs.Load(refined, scene.Cloud.Count);
        if (c.Cotraining.Enabled && pairs.Flat is null)
            throw new ArtefactException(refined.Folder, null, "the 2D network's labels of the pairs", "none", "Delete the folder; the stage makes it again");
        return new TrainingScene(name, scene.Cloud, Upright.Rotation(scene.Up), pairs, sets)
        {
            ReadFused = c.Distillation.Enabled ? FusedReader(name, scene) : null,
            ReadFrame = c.Consistency.Enabled ? FrameReader(name, scene) : null,
        };
    }

    private Func<FusedFeatures> FusedReader(string name, Scene scene)
    {
        StageResult result = pipeline.Fuse.Get(name);
        return () => FusedFeatures.Load(result, scene.Cloud.Count);
    }

    private Func<int, (VisiblePoints, PixelFeatures)> FrameReader(string name, Scene scene)
    {
        StageResult labelMaps = pipeline.PseudoLabel.Get(name);
        return frame => _imageSide.Value.Read(scene.Cloud, scene.Frames[frame], labelMaps);
    }
}
