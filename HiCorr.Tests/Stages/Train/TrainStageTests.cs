using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Stages.Train;

public sealed class TrainStageTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Other_segments_make_another_training_where_masks_vote_and_points_are_correlated() =>
        Assert.NotEqual(KeyOf("inter", minVertices: 20), KeyOf("inter", minVertices: 500));

    [Fact]
    public void Segments_have_no_part_in_a_training_that_neither_votes_in_them_nor_draws_from_them() =>
        Assert.Equal(KeyOf("none", minVertices: 20), KeyOf("none", minVertices: 500));

    private string KeyOf(string correlation, int minVertices)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null,
        [
            ("dataset.root", rooms.Root), ("model.path", rooms.Pack), ("refine.sets", "masks"), ("correlation.scope", correlation),
            ("feedback.enabled", "false"), ("oversegment.min_vertices", $"{minVertices}"),
        ]);
        using var pipeline = new ScenePipeline(configuration, _folder.PathOf("cache"), data => data.Scenes("train"));
        return new TrainStage(pipeline).Locate().Key;
    }
}
