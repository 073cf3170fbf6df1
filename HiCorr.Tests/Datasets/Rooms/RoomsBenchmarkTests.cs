using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.ScanNet;

namespace HiCorr.Tests.Datasets.Rooms;

public sealed class RoomsBenchmarkTests
{
    [Fact]
    public void Rooms_40_has_forty_rooms_to_learn_from_and_twelve_to_measure_on()
    {
        RoomsOptions options = RoomsBenchmark.Find("rooms-40").Options;
        Assert.Equal((40, 12), (options.TrainScenes, options.ValScenes));
    }

    [Fact]
    public void A_class_needs_a_hundred_points_in_two_scenes()
    {
        byte[] all = [.. Enumerable.Range(0, 20).SelectMany(c => Enumerable.Repeat((byte)c, 100))];
        byte[] lessSofa = [.. all[..500], .. all[501..]];

        Assert.Empty(RoomsBenchmark.MissingClasses([all, all]));
        Assert.Equal(["sofa"], RoomsBenchmark.MissingClasses([all, lessSofa]));
        Assert.Empty(RoomsBenchmark.MissingClasses([all, lessSofa, all]));
    }

    [Fact]
    public void Says_which_classes_the_validation_split_lacks()
    {
        using var folder = new TemporaryFolder();
        var small = new RoomsBenchmark("small", new RoomsOptions { TrainScenes = 0, ValScenes = 1, Frames = 3, Width = 48, Height = 36, MeshEdge = 0.15f });

        var error = Assert.Throws<InputException>(() => small.Write(folder.Root, 1));

        Assert.Contains("bathtub", error.Message, StringComparison.Ordinal);
        Assert.Single(new ScanNetDataset(folder.Root).Scenes("val"));
    }

    [Theory]
    [InlineData("--benchmark rooms-4", "Did you mean 'rooms-40'?")]
    [InlineData("--benchmark rooms-40 --frames 8", "--frames")]
    [InlineData("--benchmark rooms-40 --sens", "--sens")]
    public void Takes_no_option_that_would_make_it_another_set(string options, string says)
    {
        using var folder = new TemporaryFolder();
        (int code, _, string errors) = HicorrProcess.Run(["synth", "--out", folder.PathOf("out"), .. options.Split(' ')]);

        Assert.Equal(2, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.PathOf("out")));
    }
}
