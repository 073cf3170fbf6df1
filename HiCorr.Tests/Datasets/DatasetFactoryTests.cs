using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;

namespace HiCorr.Tests.Datasets;

public sealed class DatasetFactoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_every_layout_that_it_names()
    {
        foreach (string layout in DatasetFactory.Layouts) Assert.Equal(layout, DatasetFactory.Open(Configuration(layout, _folder.Root)).Layout);
    }

    [Fact]
    public void Suggests_the_layout_that_was_meant()
    {
        var e = Assert.Throws<ConfigurationException>(() => DatasetFactory.Open(Configuration("scanet", _folder.Root)));
        Assert.Contains("Did you mean 'scannet'?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Asks_for_the_root_that_is_missing()
    {
        Assert.Throws<ConfigurationException>(() => DatasetFactory.Open(Configuration("rgbd", "")));
        Assert.Throws<InputException>(() => DatasetFactory.Open(Configuration("rgbd", _folder.PathOf("absent"))));
    }

    private static Configuration Configuration(string layout, string root)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, []);
        return configuration with { Dataset = configuration.Dataset with { Layout = layout, Root = root } };
    }
}
