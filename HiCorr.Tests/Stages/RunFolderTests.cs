using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Tests.Stages;

public sealed class RunFolderTests : IDisposable
{
    private static readonly string[] s_files = ["network.safetensors", "metrics.csv", "metrics.jsonl"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_method_without_training_leaves_no_network_of_an_earlier_one()
    {
        var training = new StageResult(_folder.PathOf("training"), "key");
        foreach (string file in s_files) AtomicFile.WriteText(training.PathOf(file), "trained");
        string folder = _folder.PathOf("out");

        RunFolder.Publish(folder, ConfigurationLoader.Load(null, null, []), training);
        Assert.All(s_files, file => Assert.Equal("trained", File.ReadAllText(Path.Combine(folder, file))));

        RunFolder.Publish(folder, ConfigurationLoader.Load(null, null, [], "maskclip"), null);
        Assert.Equal("config.yaml", Path.GetFileName(Assert.Single(Directory.GetFiles(folder))));
    }
}
