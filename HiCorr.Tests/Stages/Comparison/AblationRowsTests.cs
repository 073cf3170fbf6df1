using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Tests.Stages.Comparison;

public sealed class AblationRowsTests
{
    [Fact]
    public void Every_rung_adds_one_component() =>
        Assert.All(AblationRows.Ladder.Zip(AblationRows.Ladder.Skip(1)), pair => Assert.Single(pair.First.Settings.Zip(pair.Second.Settings), s => s.First != s.Second));

    [Fact]
    public void A_variation_is_the_whole_method_with_one_setting_more()
    {
        ComparisonRow[] rows = [.. AblationRows.Vary("correlation.block", ["vit", "linear"])];
        Assert.Equal(["correlation.block=vit", "correlation.block=linear"], rows.Select(row => row.Name));
        Assert.Equal([.. AblationRows.Ladder[^1].Settings, ("correlation.block", "linear")], rows[1].Settings);
        Assert.Null(rows[1].Paper);
    }
}
