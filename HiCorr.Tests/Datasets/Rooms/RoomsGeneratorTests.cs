using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.ScanNet;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Datasets.Rooms;

public sealed class RoomsGeneratorTests
{
    private static readonly RoomsOptions Small = new() { TrainScenes = 2, ValScenes = 1, Frames = 3, Width = 48, Height = 36, MeshEdge = 0.15f, Sens = true, Threads = 1 };

    [Fact]
    public void Writes_the_same_bytes_when_more_threads_work()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.PathOf("one"));
        RoomsGenerator.Write(Small with { Threads = 3 }, folder.PathOf("three"));

        string[] files = FilesOf(folder.PathOf("one"));
        Assert.Equal(files, FilesOf(folder.PathOf("three")));
        Assert.Contains(Path.Combine("scans", "scene5000_00", "scene5000_00_vh_clean_2.ply"), files);
        foreach (string file in files) Assert.Equal(File.ReadAllBytes(folder.PathOf("one", file)), File.ReadAllBytes(folder.PathOf("three", file)));
    }

    [Fact]
    public void Makes_another_scene_when_the_seed_changes()
    {
        using var folder = new TemporaryFolder();
        RoomsOptions one = Small with { TrainScenes = 1, ValScenes = 0 };
        RoomsGenerator.Write(one, folder.PathOf("a"));
        RoomsGenerator.Write(one with { Seed = 1 }, folder.PathOf("b"));
        Assert.NotEqual(File.ReadAllBytes(MeshOf(folder.PathOf("a"))), File.ReadAllBytes(MeshOf(folder.PathOf("b"))));
    }

    [Fact]
    public void Shows_every_class_in_both_splits_when_there_are_eight_and_four_scenes()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(new RoomsOptions { TrainScenes = 8, ValScenes = 4, Frames = 16, Width = 64, Height = 48, MeshEdge = 0.08f, Seed = 7 }, folder.Root);
        var dataset = new ScanNetDataset(folder.Root);
        foreach (string split in (string[])["train", "val"])
        {
            var seen = new HashSet<byte>();
            foreach (string scene in dataset.Scenes(split)) seen.UnionWith(dataset.Read(scene).GroundTruth!);
            Assert.Empty(Enumerable.Range(0, 20).Where(label => !seen.Contains((byte)label)).Select(label => dataset.Classes!.Names[label]));
        }
    }

    [Fact]
    public void Is_read_by_the_ScanNet_reader_with_all_its_frames()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.Root);
        Scene scene = new ScanNetDataset(folder.Root).Read("scene0001_00");
        Assert.Equal(3, scene.Frames.Count);
        Assert.Equal("000200", scene.Frames[2].Id);
        Assert.Equal((48, 36), (scene.Frames[2].Images.ReadColor().Width, scene.Frames[2].Images.ReadDepth().Height));
        Assert.NotEmpty(scene.Cloud.Faces);
    }

    [Fact]
    public void Stores_the_same_depth_in_the_sens_file_as_in_the_frames()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.Root);
        var dataset = new ScanNetDataset(folder.Root);
        DepthImage fromFolder = dataset.Read("scene0000_00").Frames[1].Images.ReadDepth();
        Directory.Delete(folder.PathOf("scannet_frames_25k"), recursive: true);
        Assert.Equal(fromFolder.Millimetres, dataset.Read("scene0000_00").Frames[1].Images.ReadDepth().Millimetres);
    }

    [Fact]
    public void Keeps_scenes_that_are_there_already()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small with { TrainScenes = 1 }, folder.Root);
        DateTime before = File.GetLastWriteTimeUtc(MeshOf(folder.Root));
        RoomsGenerator.Write(Small, folder.Root);
        Assert.Equal(before, File.GetLastWriteTimeUtc(MeshOf(folder.Root)));
        Assert.Equal(["scene0000_00", "scene0001_00"], new ScanNetDataset(folder.Root).Scenes("train"));
    }

    [Fact]
    public void Makes_scenes_anew_when_an_option_changes()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.Root);
        RoomsGenerator.Write(Small with { Frames = 2 }, folder.Root);
        Assert.Equal(2, new ScanNetDataset(folder.Root).Read("scene0000_00").Frames.Count);
    }

    [Fact]
    public void Makes_a_scene_anew_when_its_frames_are_gone()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.Root);
        Directory.Delete(folder.PathOf("scannet_frames_25k", "scene0000_00"), recursive: true);
        RoomsGenerator.Write(Small, folder.Root);
        Assert.Equal(3, new ScanNetDataset(folder.Root).Read("scene0000_00").Frames.Count);
    }

    [Fact]
    public void Leaves_no_half_scene_when_writing_fails()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("scannet_frames_25k"), "a file where a folder belongs");
        Assert.ThrowsAny<Exception>(() => RoomsGenerator.Write(Small, folder.Root));
        Assert.False(Directory.Exists(folder.PathOf("scans", "scene0000_00")));
        Assert.False(File.Exists(folder.PathOf("scannetv2_train.txt")));
    }

    [Fact]
    public void Ends_in_the_same_bytes_when_it_goes_on_after_an_interruption()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.Write(Small, folder.PathOf("whole"));
        string torn = folder.PathOf("torn", ".rooms", "staging", "scene0000_00", "scan");
        Directory.CreateDirectory(torn);
        File.WriteAllText(Path.Combine(torn, "scene0000_00.sens"), "half");
        Directory.CreateDirectory(folder.PathOf("torn", "scannet_frames_25k", "scene0000_00", "color"));
        RoomsGenerator.Write(Small, folder.PathOf("torn"));
        foreach (string file in FilesOf(folder.PathOf("whole"))) Assert.Equal(File.ReadAllBytes(folder.PathOf("whole", file)), File.ReadAllBytes(folder.PathOf("torn", file)));
        Assert.Equal(FilesOf(folder.PathOf("whole")), FilesOf(folder.PathOf("torn")));
    }

    [Fact]
    public void Stops_when_asked_to()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => RoomsGenerator.Write(Small, folder.Root, stop: stop.Token));
        Assert.Empty(FilesOf(folder.Root));
    }

    [Theory]
    [InlineData(0, 48, 0.5f, "--frames")]
    [InlineData(3, 8, 0.5f, "--size")]
    [InlineData(3, 48, 1.5f, "--clutter")]
    [InlineData(3, 48, float.NaN, "--clutter")]
    public void Names_the_option_when_one_is_out_of_range(int frames, int width, float clutter, string key)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ConfigurationException>(() => RoomsGenerator.Write(Small with { Frames = frames, Width = width, Clutter = clutter }, folder.Root));
        Assert.Equal(key, error.Key);
    }

    private static string MeshOf(string root) => Path.Combine(root, "scans", "scene0000_00", "scene0000_00_vh_clean_2.ply");

    private static string[] FilesOf(string root)
    {
        string[] files = [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file))];
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}
