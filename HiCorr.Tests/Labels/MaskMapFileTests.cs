using HiCorr.Pipeline.Labels;

namespace HiCorr.Tests.Labels;

public sealed class MaskMapFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gives_back_what_was_written()
    {
        string path = _folder.PathOf("a.masks.png");
        MaskMapFile.Write(path, new MaskMap(3, 2, [0, 1, 40_000, 2, 2, 0], 40_000));

        MaskMap map = MaskMapFile.Read(path);

        Assert.Equal((3, 2, 40_000), (map.Width, map.Height, map.Count));
        Assert.Equal([0, 1, 40_000, 2, 2, 0], map.Ids);
    }

    [Fact]
    public void Refuses_a_damaged_file_as_an_artefact()
    {
        string path = _folder.PathOf("a.masks.png");
        MaskMapFile.Write(path, new MaskMap(3, 2, [0, 1, 3, 2, 2, 0], 3));
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^20]);
        Assert.Throws<ArtefactException>(() => MaskMapFile.Read(path));
        Assert.Throws<ArtefactException>(() => MaskMapFile.Read(_folder.PathOf("absent.masks.png")));
    }
}
