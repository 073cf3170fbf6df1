using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Tests.Stages.Comparison;

public sealed class MethodRowsTests
{
    [Fact]
    public void Has_a_row_for_every_method_and_hicorr_first()
    {
        Assert.Equal(ConfigurationLoader.Methods.ToHashSet(), MethodRows.All.Select(row => row.Method).ToHashSet());
        Assert.Equal(("hicorr", 36.6), (MethodRows.All[0].Name, MethodRows.All[0].Paper));
    }

    [Fact]
    public void Names_the_methods_when_one_is_not_there()
    {
        var error = Assert.Throws<ConfigurationException>(() => MethodRows.Find("hicor"));
        Assert.Equal("--methods", error.Key);
        Assert.Contains("Did you mean 'hicorr'?", error.Message, StringComparison.Ordinal);
    }
}
