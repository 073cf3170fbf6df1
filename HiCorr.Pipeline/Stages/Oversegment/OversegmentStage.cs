using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Oversegment;

/// <summary>
/// Splits a scene into geometric consistency sets and publishes <c>segments.npy</c>: a segment per point, numbered from 0 without
/// gaps. Meshes by <see cref="MeshSegmentation"/>, clouds by <see cref="CloudSegmentation"/>, or the segments that the scene ships.
/// </summary>
public sealed class OversegmentStage(StageCache cache, Configuration configuration, SceneStage preprocess) : SceneStage(cache)
{
    private const string SegmentsFile = "segments.npy";
    private readonly OversegmentConfiguration _options = configuration.Oversegment;

    public override string Name => "oversegment";

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    protected override int Version => 1;

    public static SegmentationOptions Options(OversegmentConfiguration configuration) =>
        new((float)configuration.Threshold, configuration.MinVertices, configuration.Neighbours);

    /// <summary>The published segments of a scene.</summary>
    /// <param name="result">What this stage published.</param>
    /// <param name="pointCount">Points of the scene.</param>
    /// <exception cref="ArtefactException">The file is missing or damaged, or made for another cloud.</exception>
    public static Segments Load(StageResult result, int pointCount)
    {
        string path = result.PathOf(SegmentsFile);
        int[] ids;
        try
        {
            ids = NpyReader.Read<int>(path, pointCount).Data;
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
        int count = 0;
        foreach (int id in ids)
        {
            if (id < 0 || id > count) throw new ArtefactException(path, null, "segments numbered from 0 without gaps", $"{id} after {count} segments", "Delete the folder; the stage makes it again");
            if (id == count) count++;
        }
        return new Segments(ids, count);
    }

    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("source", _options.Source);
        if (_options.Source == "computed") key.Add("threshold", _options.Threshold).Add("min_vertices", _options.MinVertices).Add("neighbours", _options.Neighbours);
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        Scene read = SceneFolder.Load(preprocess.Locate(scene));
        stop.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        Segments segments = Segments.FromIds(_options.Source == "shipped" ? Shipped(read) : SceneSegmentation.Segment(read.Cloud, Options(_options)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        NpyWriter.Write<int>(result.PathOf(SegmentsFile), segments.Ids);
        advance(1);
        return JsonSerializer.Serialize(new { points = read.Cloud.Count, segments = segments.Count, seconds = Math.Round(seconds, 3) });
    }

    private static int[] Shipped(Scene scene) => scene.ShippedSegments
        ?? throw new ConfigurationException("oversegment.source", $"is 'shipped', but {scene.Name} ships no segments", "Set it to 'computed'");
}
