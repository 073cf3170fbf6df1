using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>Segments a scene with a trained network: <c>labels.npy</c> and <c>confidence.npy</c>, one entry a point.</summary>
public sealed class PredictStage(StageCache cache, PreprocessStage preprocess, string networkPath) : SceneStage(cache), IDisposable
{
    // A scene that is in the cache needs no network, so none is loaded before the first that is not.
    private readonly Lazy<SegmentationNetwork> _network = new(() => NetworkFile.Read(networkPath, CpuDevice.Default));
    private readonly Lazy<string> _networkKey = new(() => new ContentKey().AddContent(networkPath).ToString());

    public override string Name => "predict";

    protected override int Version => 1;

    /// <summary>The network uses all cores on one scene.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

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
        if (_network.IsValueCreated) _network.Value.Dispose();
    }

    protected override void AddInputs(string scene, ContentKey key) => key.Add("network", _networkKey.Value);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        Scene loaded = SceneFolder.Load(preprocess.Get(scene, null, stop));
        Prediction prediction = _network.Value.Predict(loaded.Cloud, loaded.Up);
        NpyWriter.Write<byte>(result.PathOf("labels.npy"), prediction.Labels);
        NpyWriter.Write<float>(result.PathOf("confidence.npy"), prediction.Confidence);
        advance(1);
        return string.Create(CultureInfo.InvariantCulture, $"{{\"points\":{loaded.Cloud.Count},\"seconds\":{clock.Elapsed.TotalSeconds:0.000}}}");
    }
}
