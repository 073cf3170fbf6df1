using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Tests.Labels;

public sealed class LabelPairsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Loads_what_was_saved()
    {
        StageResult result = Save();
        LabelPairs read = LabelPairs.Load(result, 10);
        Assert.Equal([0, 2, 3], read.FrameOffsets);
        Assert.Equal([4, 9, 4], read.Points);
        Assert.Equal([1, 2, 3], read.Raw);
        Assert.Equal([1, 1, 3], read.Refined);
        Assert.Equal([200, 100, 50], read.Confidence);
        Assert.Equal(2..3, read.OfFrame(1));
    }

    [Fact]
    public void Labels_of_the_2D_network_come_back_where_there_are_any()
    {
        LabelPairs pairs = LabelPairs.Load(Save(), 10);
        Assert.Null(pairs.Flat);
        var result = new StageResult(_folder.PathOf("flat"), "key");
        new LabelPairs { FrameOffsets = pairs.FrameOffsets, Points = pairs.Points, Raw = pairs.Raw, Refined = pairs.Refined, Flat = [7, 8, 9], Confidence = pairs.Confidence }.Save(result);
        Assert.Equal([7, 8, 9], LabelPairs.Load(result, 10).Flat);
        Assert.Equal([7, 8, 9], LabelPairs.Load(result, 10).WithRefined([0, 0, 0]).Flat);
    }

    [Fact]
    public void Refuses_points_outside_the_scene() =>
        Assert.Contains("below 9", Assert.Throws<ArtefactException>(() => LabelPairs.Load(Save(), 9)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(new[] { 0, 2 }, "offsets from 0 to 3")]
    [InlineData(new[] { 0, 3, 2, 3 }, "ascending")]
    [InlineData(new int[0], "none")]
    public void Refuses_offsets_that_do_not_fit(int[] offsets, string expected)
    {
        StageResult result = Save();
        NpyWriter.Write<int>(result.PathOf("frame_offsets.npy"), offsets);
        Assert.Contains(expected, Assert.Throws<ArtefactException>(() => LabelPairs.Load(result, 10)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_label_files_of_another_length()
    {
        StageResult result = Save();
        NpyWriter.Write<byte>(result.PathOf("refined.npy"), [1]);
        Assert.Throws<ArtefactException>(() => LabelPairs.Load(result, 10));
    }

    private StageResult Save()
    {
        var result = new StageResult(_folder.Root, "key");
        new LabelPairs { FrameOffsets = [0, 2, 3], Points = [4, 9, 4], Raw = [1, 2, 3], Refined = [1, 1, 3], Confidence = [200, 100, 50] }.Save(result);
        return result;
    }
}
