using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;
using HiCorr.Pipeline.Vision.SegmentAnything;

namespace HiCorr.Pipeline.Stages.Masks;

/// <summary>
/// Cuts every frame of a scene into masks and keeps a mask map per frame (<see cref="MaskMapFile"/>). An interrupted scene goes on with the frames
/// that are missing.
/// </summary>
public sealed class MaskStage(StageCache cache, Configuration configuration, SceneStage preprocess) : SceneStage(cache), IDisposable
{
    private readonly MasksConfiguration _options = configuration.Masks;
    private readonly Lazy<IMaskSource> _source = new(() => configuration.Masks.Source == "sam" ? new SegmentAnythingMasks(configuration.Masks) : new SuperpixelMasks(configuration.Masks));
    private readonly Lazy<string> _modelKey = new(() => SegmentAnythingPack.Key(configuration.Masks.Model));

    public override string Name => "masks";

    /// <summary>A model uses all cores on one image.</summary>
    public override bool RunsScenesInParallel => !UsesModel;

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    protected override int Version => 1;

    private bool UsesModel => _options.Source == "sam";

    public override long Steps(string scene) => SceneFolder.LoadFrames(preprocess.Locate(scene)).Count;

    /// <summary>The mask map of a frame in a result of this stage.</summary>
    /// <exception cref="ArtefactException">The file is missing or damaged.</exception>
    public static MaskMap Read(StageResult result, string frame) => MaskMapFile.Read(MasksOf(result, frame));

    public void Dispose()
    {
        if (_source.IsValueCreated) _source.Value.Dispose();
    }

    /// <summary>That the model is there, before any work.</summary>
    /// <exception cref="ConfigurationException">No model is named, or there is none.</exception>
    public void CheckModel()
    {
        if (UsesModel) _ = _modelKey.Value;
    }

    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("source", _options.Source).Add("max_side", _options.MaxSide);
        if (UsesModel)
            key.Add("model", _modelKey.Value).Add("points_per_side", _options.PointsPerSide).Add("predicted_iou", _options.PredictedIou).Add("stability", _options.Stability).Add("box_iou", _options.BoxIou);
        else
            key.Add("smoothing", _options.Smoothing).Add("threshold", _options.Threshold).Add("min_pixels", _options.MinPixels);
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Frame> frames = SceneFolder.LoadFrames(preprocess.Locate(scene));
        Frame[] missing = [.. frames.Where(frame => !File.Exists(MasksOf(result, frame.Id)))];
        advance(frames.Count - missing.Length);
        long masks = 0;
        var options = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = UsesModel ? 1 : Environment.ProcessorCount };
        Parallel.ForEach(missing, options, frame =>
        {
            MaskMap map = _source.Value.Segment(frame.Images.ReadColor());
            MaskMapFile.Write(MasksOf(result, frame.Id), map);
            Interlocked.Add(ref masks, map.Count);
            advance(1);
        });
        return JsonSerializer.Serialize(new
        {
            frames = frames.Count,
            segmentedNow = missing.Length,
            masksPerFrame = Math.Round((double)masks / Math.Max(1, missing.Length), 1),
            seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        });
    }

    private static string MasksOf(StageResult result, string frame) => result.PathOf(frame + MaskMapFile.Extension);
}
