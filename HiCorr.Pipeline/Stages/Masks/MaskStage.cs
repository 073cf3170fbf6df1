using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Masks;

/// <summary>
/// Cuts every frame of a scene into masks and keeps a mask map per frame (<see cref="MaskMapFile"/>). An interrupted scene goes on with the frames
/// that are missing.
/// </summary>
public sealed class MaskStage(StageCache cache, Configuration configuration, SceneStage preprocess) : SceneStage(cache), IDisposable
{
    private readonly MasksConfiguration _options = configuration.Masks;
    private readonly Lazy<IMaskSource> _source = new(() => new SuperpixelMasks(configuration.Masks));

    public override string Name => "masks";

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    protected override int Version => 1;

    public override long Steps(string scene) => SceneFolder.LoadFrames(preprocess.Locate(scene)).Count;

    /// <summary>The mask map of a frame in a result of this stage.</summary>
    /// <exception cref="ArtefactException">The file is missing or damaged.</exception>
    public static MaskMap Read(StageResult result, string frame) => MaskMapFile.Read(MasksOf(result, frame));

    public void Dispose()
    {
        if (_source.IsValueCreated) _source.Value.Dispose();
    }

    protected override void AddInputs(string scene, ContentKey key) =>
        key.Add("source", _options.Source).Add("max_side", _options.MaxSide).Add("smoothing", _options.Smoothing).Add("threshold", _options.Threshold).Add("min_pixels", _options.MinPixels);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Frame> frames = SceneFolder.LoadFrames(preprocess.Locate(scene));
        Frame[] missing = [.. frames.Where(frame => !File.Exists(MasksOf(result, frame.Id)))];
        advance(frames.Count - missing.Length);
        long masks = 0;
        Parallel.ForEach(missing, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, frame =>
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
