using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>Labels by a trained 3D network, which needs nothing but the cloud.</summary>
internal sealed class NetworkPrediction(StageCache cache, SceneStage preprocess, string networkPath, int turns, ComputeDevice compute) : PredictStage(cache, preprocess)
{
    // A scene that is in the cache needs no network, so none is loaded before the first that is not.
    private readonly Lazy<SegmentationNetwork> _network = new(() => Read(networkPath, turns, compute.Device));
    private readonly Lazy<string> _networkKey = new(() => new ContentKey().AddContent(networkPath).ToString());

    protected override void AddInputs(string scene, ContentKey key) => AddNetwork(key, _networkKey.Value, turns, compute);

    protected override Prediction Predict(Scene scene) => _network.Value.Predict(scene.Cloud, scene.Up);

    protected override void Dispose(bool disposing)
    {
        if (_network.IsValueCreated) _network.Value.Dispose();
    }
}
