using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>Segments a scene: <c>labels.npy</c> and <c>confidence.npy</c>, one entry a point. What the labels come from is the subclass's matter.</summary>
public abstract class PredictStage(StageCache cache, SceneStage preprocess) : SceneStage(cache), IDisposable
{
    public override string Name => "predict";

    protected override int Version => 1;

    /// <summary>A scene takes all cores.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    /// <summary>The prediction that <c>predict.source</c> names.</summary>
    /// <param name="pipeline">Its stages and configuration.</param>
    /// <param name="networkPath">A trained network; null where the source needs none.</param>
    /// <exception cref="ConfigurationException">The source needs a network, or features that the configuration does not keep.</exception>
    public static PredictStage Create(ScenePipeline pipeline, string? networkPath)
    {
        string source = pipeline.Configuration.Predict.Source;
        if (pipeline.Configuration.Predict.NeedsNetwork && networkPath is null)
            throw new ConfigurationException("predict.source", $"is '{source}', which needs a trained network", "Give --network");
        return source switch
        {
            "projected" => new ProjectedPrediction(pipeline.Cache, pipeline.Preprocess, pipeline.Refine),
            "fused" => new FusedPrediction(pipeline, null),
            "ensemble" => new FusedPrediction(pipeline, networkPath),
            _ => new NetworkPrediction(pipeline.Cache, pipeline.Preprocess, networkPath!, pipeline.Configuration.Predict.Turns, pipeline.Compute),
        };
    }

    /// <summary>Prediction of a scene in a result of this stage.</summary>
    /// <exception cref="ArtefactException">A file is missing, damaged, or made for another cloud.</exception>
    public static Prediction Read(StageResult result, int pointCount)
    {
        try
        {
            return new Prediction(NpyReader.Read<byte>(result.PathOf("labels.npy"), pointCount).Data, NpyReader.Read<float>(result.PathOf("confidence.npy"), pointCount).Data);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The network as the configuration wants it to predict.</summary>
    protected static SegmentationNetwork Read(string networkPath, int turns, Device device)
    {
        SegmentationNetwork network = NetworkFile.Read(networkPath, device);
        network.Turns = turns;
        return network;
    }

    /// <summary>What a prediction knows of a network.</summary>
    protected static void AddNetwork(ContentKey key, string networkKey, int turns, ComputeDevice compute)
    {
        key.Add("network", networkKey).AddOptional("compute", compute.KeyPart);
        if (turns != 1) key.Add("turns", turns);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    protected abstract Prediction Predict(Scene scene);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        Scene loaded = SceneFolder.Load(preprocess.Get(scene, null, stop));
        Prediction prediction = Predict(loaded);
        NpyWriter.Write<byte>(result.PathOf("labels.npy"), prediction.Labels);
        NpyWriter.Write<float>(result.PathOf("confidence.npy"), prediction.Confidence);
        advance(1);
        return string.Create(CultureInfo.InvariantCulture, $"{{\"points\":{loaded.Cloud.Count},\"seconds\":{clock.Elapsed.TotalSeconds:0.000}}}");
    }
}
