using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Preprocess;

/// <summary>Reads a scene from its data set, fusing depth where there is no mesh, and publishes it as arrays (<see cref="SceneFolder"/>).</summary>
public sealed class PreprocessStage(StageCache cache, Configuration configuration, IDataset dataset) : SceneStage(cache)
{
    /// <summary>Every later stage asks for this key again, and a scene has hundreds of files to look at.</summary>
    private readonly ConcurrentDictionary<string, string> _sources = new(StringComparer.Ordinal);

    public override string Name => "preprocess";

    protected override int Version => 1;

    /// <summary>Fusion uses all cores on one scene.</summary>
    public override bool RunsScenesInParallel => dataset.Layout != "rgbd";

    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("layout", dataset.Layout).Add("frame_stride", configuration.Dataset.FrameStride);
        if (dataset.Layout == "rgbd")
            key.Add("up", configuration.Rgbd.Up).Add("fusion_voxel", configuration.Rgbd.FusionVoxel).Add("fusion_min_observations", configuration.Rgbd.FusionMinObservations);
        key.Add("sources", _sources.GetOrAdd(scene, SourcesOf));
    }

    private string SourcesOf(string scene)
    {
        var sources = new ContentKey();
        foreach (string file in dataset.SourceFiles(scene)) sources.AddSource(file);
        return sources.ToString();
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        Scene read = dataset.Read(scene);
        stop.ThrowIfCancellationRequested();
        SceneFolder.Save(result, read);
        advance(1);
        return JsonSerializer.Serialize(new
        {
            points = read.Cloud.Count,
            faces = read.Cloud.Faces.Length / 3,
            frames = read.Frames.Count,
            seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        });
    }
}
