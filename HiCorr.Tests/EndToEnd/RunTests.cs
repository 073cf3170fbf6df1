using System.Text.Json;

namespace HiCorr.Tests.EndToEnd;

public sealed class RunTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writes_clouds_picture_network_and_metrics_and_reuses_all_of_them()
    {
        string[] flags = rooms.Flags("run", _folder.Root);

        (int code, string output, string errors) = HicorrProcess.Run(flags);

        Assert.True(code == 0, errors);
        Assert.Contains("mIoU", output, StringComparison.Ordinal);
        string scene = File.ReadAllLines(Path.Combine(rooms.Root, "scannetv2_val.txt"))[0];
        foreach (string what in (string[])["input.ply", "pseudo-labels.ply", "prediction.ply", "ground-truth.ply", "png"])
            Assert.True(new FileInfo(_folder.PathOf("clouds", $"{scene}.{what}")).Length > 1000, what);
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("metrics.json")));
        Assert.Equal(["projected labels", "refined labels", "3D network"], metrics.RootElement.GetProperty("systems").EnumerateArray().Select(s => s.GetProperty("name").GetString()));

        DateTime network = File.GetLastWriteTimeUtc(_folder.PathOf("clouds", $"{scene}.prediction.ply"));
        Assert.Equal(0, HicorrProcess.Run(flags).Code);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("summary.json")));
        foreach (JsonElement stage in summary.RootElement.GetProperty("stages").EnumerateArray())
            if (stage.GetProperty("stage").GetString() != "evaluate") Assert.Equal(0, stage.GetProperty("made").GetInt32());
        Assert.Equal(network, File.GetLastWriteTimeUtc(_folder.PathOf("clouds", $"{scene}.prediction.ply")));
    }

    [Fact]
    public void Trained_network_alone_segments_a_cloud_the_same_way()
    {
        Assert.Equal(0, HicorrProcess.Run(rooms.Flags("run", _folder.Root)).Code);
        string scene = File.ReadAllLines(Path.Combine(rooms.Root, "scannetv2_val.txt"))[0];

        (int code, _, string errors) = HicorrProcess.Run("predict", "--network", _folder.PathOf("network.safetensors"),
            "--cloud", _folder.PathOf("clouds", $"{scene}.input.ply"), "--out", _folder.PathOf("alone"));

        Assert.True(code == 0, errors);
        Assert.Equal(File.ReadAllBytes(_folder.PathOf("clouds", $"{scene}.prediction.ply")), File.ReadAllBytes(_folder.PathOf("alone", $"{scene}.input.prediction.ply")));
    }

    [Fact]
    public void Scenes_without_ground_truth_are_segmented_but_not_measured()
    {
        string root = _folder.PathOf("rooms");
        CopyOf(rooms.Root, root);
        string[] labels = Directory.GetFiles(root, "*.labels.ply", SearchOption.AllDirectories);
        File.Delete(labels[0]);
        string[] Flags(string outFolder) =>
            [.. rooms.Flags("run", _folder.PathOf(outFolder), "--test-split", "all").Select(flag => flag == rooms.Root ? root : flag), "train.epochs=1"];

        (int code, _, string errors) = HicorrProcess.Run(Flags("some"));

        Assert.True(code == 0, errors);
        Assert.Contains("1 of 3 scenes have no ground truth", errors, StringComparison.Ordinal);
        using (JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("some", "metrics.json"))))
        {
            Assert.Equal("all", metrics.RootElement.GetProperty("split").GetString());
            Assert.Equal(2, metrics.RootElement.GetProperty("scenes").GetInt32());
        }
        foreach (string file in labels) File.Delete(file);
        Assert.Equal(0, HicorrProcess.Run(Flags("none")).Code);
        Assert.False(File.Exists(_folder.PathOf("none", "metrics.json")));
        Assert.Equal(3, Directory.GetFiles(_folder.PathOf("none", "clouds"), "*.prediction.ply").Length);
    }

    [Fact]
    public void Shards_share_the_scenes_without_overlap()
    {
        string[] Scenes(string shard)
        {
            (int code, string output, string errors) = HicorrProcess.Run(rooms.Flags("preprocess", _folder.Root, "--shard", shard));
            Assert.True(code == 0, errors);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
        }

        string[] first = Scenes("1/2"), second = Scenes("2/2");

        Assert.Empty(first.Intersect(second));
        Assert.Equal(3, first.Length + second.Length);
    }

    [Fact]
    public void Dry_run_makes_nothing()
    {
        (int code, string output, _) = HicorrProcess.Run(rooms.Flags("refine", _folder.Root, "--dry-run"));

        Assert.Equal(0, code);
        Assert.Contains("\tmissing\t", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.PathOf("cache")));
    }

    private static void CopyOf(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
