using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Stages.Flat;

public sealed class FlatTrainStageTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train.precise_batch_norm", "true")]
    [InlineData("train.optimiser", "adamw")]
    [InlineData("train.class_balance", "0.5")]
    [InlineData("flat.max_side", "48")]
    public void A_setting_that_the_2D_network_depends_on_makes_another_training(string key, string value) => Assert.NotEqual(KeyOf(), KeyOf((key, value)));

    private string KeyOf(params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("dataset.root", rooms.Root), ("model.path", rooms.Pack), .. settings], "maskclip-plus");
        using var pipeline = new ScenePipeline(configuration, _folder.PathOf("cache"), data => data.Scenes("train"));
        return pipeline.Flat.Locate().Key;
    }
}
