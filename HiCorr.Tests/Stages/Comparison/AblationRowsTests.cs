using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Tests.Stages.Comparison;

public sealed class AblationRowsTests
{
    [Fact]
    public void Every_rung_after_the_loss_alone_adds_one_component() =>
        Assert.All(AblationRows.Ladder.Skip(1).Zip(AblationRows.Ladder.Skip(2)), pair => Assert.Single(pair.First.Settings.Zip(pair.Second.Settings), s => s.First != s.Second));

    [Fact]
    public void CLIP2Scene_differs_from_the_loss_alone_by_its_method()
    {
        (ComparisonRow first, ComparisonRow second) = (AblationRows.Ladder[0], AblationRows.Ladder[1]);
        Assert.Equal(("clip2scene", MethodRows.Own), (first.Method, second.Method));
        Assert.Equal(second.Settings, first.Settings);
        Assert.Contains(first.Method, HiCorr.Pipeline.Config.ConfigurationLoader.Methods);
    }

    [Fact]
    public void A_variation_is_the_whole_method_with_one_setting_more()
    {
        ComparisonRow[] rows = [.. AblationRows.Vary("correlation.block", ["vit", "linear"])];
        Assert.Equal(["correlation.block=vit", "correlation.block=linear"], rows.Select(row => row.Name));
        Assert.Equal([.. AblationRows.Ladder[^1].Settings, ("correlation.block", "linear")], rows[1].Settings);
        Assert.Null(rows[1].Paper);
    }

    [Fact]
    public void A_variation_of_a_component_takes_the_place_of_its_setting()
    {
        ComparisonRow row = Assert.Single(AblationRows.Vary("refine.scope", ["scene"]));
        Assert.Equal(("refine.scope", "scene"), Assert.Single(row.Settings, setting => setting.Key == "refine.scope"));
        Assert.Contains("\"refine.scope\": \"scene\"", new ComparisonTable("test", [row]).ToJson(), StringComparison.Ordinal);
    }
}
