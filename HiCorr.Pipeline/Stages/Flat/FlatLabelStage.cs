using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Flat;

/// <summary>
/// Labels every frame of a scene with the 2D network that was trained on the training scenes, and keeps label maps as the pseudo-label stage does, in the
/// network's working size. An interrupted scene goes on with the frames that are missing.
/// </summary>
public sealed class FlatLabelStage(StageCache cache, Configuration configuration, ComputeDevice compute, FlatTrainStage training, SceneStage preprocess) : SceneStage(cache), IDisposable
{
    // A scene that is in the cache needs no network, so none is loaded before the first that is not.
    private readonly Lazy<SegmentationNetwork> _network = new(() => NetworkFile.Read(FlatTrainStage.NetworkOf(training.Locate()), compute.Device));

    public override string Name => "flat-label";

    /// <summary>The network uses all cores on one image.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    protected override int Version => 1;

    public override long Steps(string scene) => SceneFolder.LoadFrames(preprocess.Locate(scene)).Count;

    public override bool IsPrepared => training.Locate().IsComplete;

    /// <summary>The network is trained before the first scene.</summary>
    public override void Prepare(CancellationToken stop) => training.Get(stop);

    public void Dispose()
    {
        if (_network.IsValueCreated) _network.Value.Dispose();
    }

    protected override void AddInputs(string scene, ContentKey key) => 
        key.Add("flat", training.Locate().Key).AddOptional("compute", compute.KeyPart);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Frame> frames = SceneFolder.LoadFrames(preprocess.Locate(scene));
        Prepare(stop);
        foreach (Frame frame in frames)
        {
            stop.ThrowIfCancellationRequested();
            string path = result.PathOf(frame.Id + LabelMapFile.Extension);
            if (!File.Exists(path)) LabelMapFile.Write(path, Label(frame.Images.ReadColor()));
            advance(1);
        }
        return JsonSerializer.Serialize(new { frames = frames.Count, seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3) });
    }

    private LabelMap Label(ColorImage image)
    {
        ColorImage resized = FlatImages.Resize(image, configuration.Flat.MaxSide);
        Prediction prediction = _network.Value.Predict(resized);
        return new LabelMap(resized.Width, resized.Height, image.Width, image.Height, prediction.Labels, Array.ConvertAll(prediction.Confidence, p => (byte)(255 * p + 0.5f)));
    }
}
