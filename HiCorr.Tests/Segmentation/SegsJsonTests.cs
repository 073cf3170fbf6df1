using System.Text.Json;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Tests.Segmentation;

public sealed class SegsJsonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writes_the_form_that_scannet_publishes()
    {
        string path = _folder.PathOf("a.segs.json");
        SegsJson.Write(path, "scene0000_00", [3, 3, 2147483647, 0], new SegmentationOptions(0.01f, 20));
        Assert.Equal("""{"params":{"kThresh":"0.01","segMinVerts":"20"},"sceneId":"scene0000_00","segIndices":[3,3,2147483647,0]}""", File.ReadAllText(path));
    }

    [Fact]
    public void Escapes_the_name_of_the_scene()
    {
        string path = _folder.PathOf("a.segs.json");
        SegsJson.Write(path, "a \"b\"\\", [], new SegmentationOptions());
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal("a \"b\"\\", json.RootElement.GetProperty("sceneId").GetString());
    }
}
