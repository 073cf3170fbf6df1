using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Refine;

/// <summary>
/// Projects a scene's label maps onto its points, lets the labels of every segment vote (HICL Sec. 3.1 and 3.2), and publishes the
/// pairs with both labels (<see cref="LabelPairs"/>).
/// </summary>
public sealed class RefineStage(StageCache cache, Configuration configuration, SceneStage preprocess, SceneStage pseudoLabel, SceneStage oversegment)
    : SceneStage(cache)
{
    public override string Name => "refine";

    public override IReadOnlyList<SceneStage> Upstream => [preprocess, pseudoLabel, oversegment];

    protected override int Version => 2;

    public override long Steps(string scene) => SceneFolder.LoadFrames(preprocess.Locate(scene)).Count;

    protected override void AddInputs(string scene, ContentKey key) =>
        key.Add("depth_tolerance", configuration.Projection.DepthTolerance).Add("depth_mode", configuration.Projection.DepthMode).Add("scope", configuration.Refine.Scope);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        Scene read = SceneFolder.Load(preprocess.Locate(scene));
        StageResult labelMaps = pseudoLabel.Locate(scene);
        Segments segments = OversegmentStage.Load(oversegment.Locate(scene), read.Cloud.Count);
        LabelPairs raw = PairCollection.Collect(read, frame => LabelMapFile.Read(labelMaps.PathOf(frame.Id + LabelMapFile.Extension)), configuration.Projection.Test, advance, stop);
        LabelPairs pairs = LabelRefinement.Refine(raw, segments.Ids, segments.Count, Scope(configuration.Refine.Scope));
        pairs.Save(result);

        LabelVote before = LabelVote.Compute(pairs.Points, pairs.Raw, read.Cloud.Count), after = LabelVote.Compute(pairs.Points, pairs.Refined, read.Cloud.Count);
        int changed = 0;
        for (int i = 0; i < pairs.Count; i++)
            if (pairs.Raw[i] != pairs.Refined[i]) changed++;
        return JsonSerializer.Serialize(new
        {
            frames = pairs.FrameCount,
            pairs = pairs.Count,
            points = read.Cloud.Count,
            pointsCovered = before.Covered,
            segments = segments.Count,
            shareChanged = Math.Round((double)changed / Math.Max(1, pairs.Count), 4),
            agreementBefore = Math.Round(before.Agreement, 4),
            agreementAfter = Math.Round(after.Agreement, 4),
            seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        });
    }

    private static RefinementScope Scope(string name) => name switch
    {
        "view" => RefinementScope.View,
        "scene" => RefinementScope.Scene,
        _ => RefinementScope.None,
    };
}
