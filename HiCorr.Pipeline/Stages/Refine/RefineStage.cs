using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Masks;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Refine;

/// <summary>
/// Projects a scene's label maps onto its points, lets the labels of every segment (HICL Sec. 3.1 and 3.2) or of every mask of each image
/// (Chen et al.) vote, and publishes the pairs with both labels (<see cref="LabelPairs"/>).
/// </summary>
public sealed class RefineStage : SceneStage
{
    private readonly RefineConfiguration _options;
    private readonly ProjectionConfiguration _projection;
    private readonly SceneStage _preprocess, _labels, _sets;
    private readonly SceneStage? _flatLabels;

    /// <param name="cache">For the results.</param>
    /// <param name="configuration">Of the run.</param>
    /// <param name="preprocess">Points and frames.</param>
    /// <param name="labels">A label map per frame.</param>
    /// <param name="sets">What votes together: an <see cref="OversegmentStage"/>, or a <see cref="MaskStage"/> where <c>refine.sets</c> is masks.</param>
    /// <param name="flatLabels">The 2D network's label maps, whose labels the pairs carry too; null without co-training.</param>
    /// <exception cref="ConfigurationException">Masks are to vote over all frames.</exception>
    public RefineStage(StageCache cache, Configuration configuration, SceneStage preprocess, SceneStage labels, SceneStage sets, SceneStage? flatLabels = null) : base(cache)
    {
        (_options, _projection, _preprocess, _labels, _sets, _flatLabels) = (configuration.Refine, configuration.Projection, preprocess, labels, sets, flatLabels);
        if (_options is { Sets: "masks", Scope: "scene" })
            throw new ConfigurationException("refine.scope", "is 'scene', but refine.sets is 'masks', and a mask belongs to one image", "Set refine.scope to view or none, or refine.sets to segments");
    }

    public override string Name => "refine";

    public override IReadOnlyList<SceneStage> Upstream => _flatLabels is null ? [_preprocess, _labels, _sets] : [_preprocess, _labels, _sets, _flatLabels];

    protected override int Version => 2;

    public override long Steps(string scene) => SceneFolder.LoadFrames(_preprocess.Locate(scene)).Count;

    /// <summary>What votes is in the key of the stage that makes it.</summary>
    protected override void AddInputs(string scene, ContentKey key) =>
        key.Add("depth_tolerance", _projection.DepthTolerance).Add("depth_mode", _projection.DepthMode).Add("scope", _options.Scope);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        Scene read = SceneFolder.Load(_preprocess.Locate(scene));
        LabelPairs pairs = _options.Sets == "masks" ? VoteInMasks(read, advance, stop) : VoteInSegments(read, advance, stop);
        pairs.Save(result);

        ViewVote before = ViewVote.Compute(pairs.Points, pairs.Raw, read.Cloud.Count), after = ViewVote.Compute(pairs.Points, pairs.Refined, read.Cloud.Count);
        int changed = 0;
        for (int i = 0; i < pairs.Count; i++)
            if (pairs.Raw[i] != pairs.Refined[i]) changed++;
        return JsonSerializer.Serialize(new
        {
            frames = pairs.FrameCount,
            pairs = pairs.Count,
            points = read.Cloud.Count,
            pointsCovered = before.Covered,
            shareChanged = Math.Round((double)changed / Math.Max(1, pairs.Count), 4),
            agreementBefore = Math.Round(before.Agreement, 4),
            agreementAfter = Math.Round(after.Agreement, 4),
            seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        });
    }

    private LabelPairs VoteInSegments(Scene scene, Action<long> advance, CancellationToken stop)
    {
        Segments segments = OversegmentStage.Load(_sets.Locate(scene.Name), scene.Cloud.Count);
        LabelPairs pairs = Collect(scene, (_, map) => map, advance, stop);
        return LabelRefinement.Refine(pairs, segments.Ids, segments.Count, _options.Scope switch
        {
            "view" => RefinementScope.View,
            "scene" => RefinementScope.Scene,
            _ => RefinementScope.None,
        });
    }

    private LabelPairs VoteInMasks(Scene scene, Action<long> advance, CancellationToken stop)
    {
        StageResult masks = _sets.Locate(scene.Name);
        return Collect(scene, (frame, map) => _options.Scope == "none" ? map : LabelRefinement.Refine(map, MaskStage.Read(masks, frame.Id)), advance, stop);
    }

    private LabelPairs Collect(Scene scene, Func<Frame, LabelMap, LabelMap> refine, Action<long> advance, CancellationToken stop)
    {
        StageResult labels = _labels.Locate(scene.Name);
        StageResult? flat = _flatLabels?.Locate(scene.Name);
        return PairCollection.Collect(scene, frame =>
        {
            string file = frame.Id + LabelMapFile.Extension;
            LabelMap map = LabelMapFile.Read(labels.PathOf(file));
            return new FrameLabels(map, refine(frame, map), flat is null ? null : LabelMapFile.Read(flat.PathOf(file)));
        }, _projection.Test, advance, stop);
    }
}
