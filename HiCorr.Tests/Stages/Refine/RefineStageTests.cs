using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Masks;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.Refine;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Tests.Stages.Refine;

/// <summary>A recording of two frames that look at a strip of five points: three face the camera, two are tilted.</summary>
public sealed class RefineStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Publishes_raw_and_refined_labels_of_every_frame()
    {
        (RefineStage stage, _) = Stages();
        StageResult result = stage.Get("strip");
        LabelPairs pairs = LabelPairs.Load(result, 5);

        Assert.Equal([0, 5, 9], pairs.FrameOffsets);
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3], pairs.Points);
        Assert.Equal([7, 7, 2, 4, 4, 2, 2, 7, 3], pairs.Raw);
        Assert.Equal([7, 7, 7, 4, 4, 2, 2, 2, 3], pairs.Refined);
        Assert.Equal([10, 11, 12, 13, 14, 20, 21, 22, 23], pairs.Confidence);
    }

    [Fact]
    public void Says_what_it_did()
    {
        (RefineStage stage, _) = Stages();
        using JsonDocument done = JsonDocument.Parse(stage.Get("strip").ReadDone());
        Assert.Equal(9, done.RootElement.GetProperty("pairs").GetInt32());
        Assert.Equal(5, done.RootElement.GetProperty("pointsCovered").GetInt32());
        Assert.Equal(Math.Round(2.0 / 9, 4), done.RootElement.GetProperty("shareChanged").GetDouble());
        Assert.Equal(0.5, done.RootElement.GetProperty("agreementBefore").GetDouble());
    }

    [Fact]
    public void Makes_another_result_for_another_scope_but_the_same_segments()
    {
        (RefineStage view, OversegmentStage segmentsOfView) = Stages();
        (RefineStage scene, OversegmentStage segmentsOfScene) = Stages(("refine.scope", "scene"));
        Assert.NotEqual(view.Locate("strip").Key, scene.Locate("strip").Key);
        Assert.Equal(segmentsOfView.Locate("strip").Key, segmentsOfScene.Locate("strip").Key);
        Assert.Equal([2, 2, 2, 4, 4, 2, 2, 2, 4], LabelPairs.Load(scene.Get("strip"), 5).Refined);
    }

    [Fact]
    public void Publishes_segments_without_gaps()
    {
        (_, OversegmentStage stage) = Stages();
        Segments segments = OversegmentStage.Load(stage.Get("strip"), 5);
        Assert.Equal([0, 0, 0, 1, 1], segments.Ids);
        Assert.Equal(2, segments.Count);
    }

    [Fact]
    public void Uses_shipped_segments_when_asked()
    {
        (_, OversegmentStage stage) = Stages(("oversegment.source", "shipped"));
        Assert.Equal([0, 1, 1, 0, 2], OversegmentStage.Load(stage.Get("strip"), 5).Ids);
    }

    [Fact]
    public void Votes_inside_the_masks_of_each_image_when_asked()
    {
        // Without a difference in colour the image is one mask: all five pixels of a frame vote, hit by a point or not.
        LabelPairs pairs = LabelPairs.Load(MaskRefine().Get("strip"), 5);

        Assert.Equal([7, 7, 2, 4, 4, 2, 2, 7, 3], pairs.Raw);
        Assert.Equal([4, 4, 4, 4, 4, 2, 2, 2, 2], pairs.Refined);
        Assert.Equal(pairs.Raw, LabelPairs.Load(MaskRefine(("refine.scope", "none")).Get("strip"), 5).Refined);
    }

    [Fact]
    public void Masks_of_segment_anything_vote_the_same_way()
    {
        StageResult result = MaskRefine(("masks.source", "sam"), ("masks.model", Vision.SegmentAnything.SegmentAnythingMasksTests.TinySam)).Get("strip");
        Assert.Equal([4, 4, 4, 4, 4, 2, 2, 2, 2], LabelPairs.Load(result, 5).Refined);
    }

    [Fact]
    public void Masks_cannot_vote_over_all_frames() =>
        Assert.Contains("a mask belongs to one image", Assert.Throws<ConfigurationException>(() => MaskRefine(("refine.scope", "scene"))).Message, StringComparison.Ordinal);

    private RefineStage MaskRefine(params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("refine.sets", "masks"), .. settings]);
        var cache = new StageCache(_folder.PathOf("cache"));
        SceneStage preprocess = Strip(cache);
        return new RefineStage(cache, configuration, preprocess, LabelsOfStrip(cache), new MaskStage(cache, configuration, preprocess));
    }

    private (RefineStage Refine, OversegmentStage Oversegment) Stages(params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("oversegment.min_vertices", "1"), .. settings]);
        var cache = new StageCache(_folder.PathOf("cache"));
        SceneStage preprocess = Strip(cache);
        var oversegment = new OversegmentStage(cache, configuration, preprocess);
        return (new RefineStage(cache, configuration, preprocess, LabelsOfStrip(cache), oversegment), oversegment);
    }

    private SceneStage Strip(StageCache cache) => new StubStage(cache, "preprocess", (scene, result) => SceneFolder.Save(result, new Scene
    {
        Name = scene,
        Cloud = new PointCloud
        {
            Positions = [0, 0, 1, 1, 0, 1, 2, 0, 1, 3, 0, 1, 4, 0, 1],
            Normals = [0, 0, -1, 0, 0, -1, 0, 0, -1, -1, 0, 0, -1, 0, 0],
            Colors = new byte[15],
        },
        Frames = [StripFrame.Write(_folder, "first", 1000, 1000, 1000, 1000, 1000), StripFrame.Write(_folder, "second", 1000, 1000, 1000, 1000, 0)],
        ShippedSegments = [40, 7, 7, 40, 12],
    }));

    private static SceneStage LabelsOfStrip(StageCache cache) => new StubStage(cache, "pseudo-label", (_, result) =>
    {
        LabelMapFile.Write(result.PathOf("first.labels"), new LabelMap(5, 1, 5, 1, [7, 7, 2, 4, 4], [10, 11, 12, 13, 14]));
        LabelMapFile.Write(result.PathOf("second.labels"), new LabelMap(5, 1, 5, 1, [2, 2, 7, 3, 3], [20, 21, 22, 23, 24]));
    });
}
