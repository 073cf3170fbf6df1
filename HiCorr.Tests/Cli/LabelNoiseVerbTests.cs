using System.Text.Json;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Cli;

public sealed class LabelNoiseVerbTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prints_what_it_writes_beside_the_labels_that_evaluate_measures()
    {
        (int code, string output, string errors) = HicorrProcess.Run(rooms.Flags("label-noise", _folder.Root, "--split", "val"));

        Assert.True(code == 0, errors);
        Assert.Equal(File.ReadAllText(_folder.PathOf("label-noise.md")).TrimEnd(), output.TrimEnd());
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("label-noise.json")));
        Assert.Equal(4, json.RootElement.GetProperty("singleViews").GetProperty("raw").GetProperty("views").GetInt32());
        Assert.Equal(20, json.RootElement.GetProperty("classes").GetArrayLength());
    }
}
