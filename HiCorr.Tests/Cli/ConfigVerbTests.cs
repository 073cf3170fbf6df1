namespace HiCorr.Tests.Cli;

public sealed class ConfigVerbTests
{
    [Theory]
    [InlineData("rgbd", null, "epochs: 200")]
    [InlineData("rgbd", "default", "epochs: 120")]
    [InlineData("scannet", null, "epochs: 120")]
    public void Recordings_have_a_preset_of_their_own_where_none_is_named(string layout, string? preset, string expected)
    {
        (int code, string output, string errors) = HicorrProcess.Run(["config", .. preset is null ? Array.Empty<string>() : ["--preset", preset], "--set", $"dataset.layout={layout}"]);

        Assert.True(code == 0, errors);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }
}
