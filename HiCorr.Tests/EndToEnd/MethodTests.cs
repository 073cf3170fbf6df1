using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Labels;

namespace HiCorr.Tests.EndToEnd;

/// <summary>Every method on the same small rooms, as a user runs it.</summary>
public sealed class MethodTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hicorr", "3D network", true)]
    [InlineData("maskclip", null, false)]
    [InlineData("openscene-fusion", "fused features", false)]
    [InlineData("openscene-distill", "3D network", true)]
    [InlineData("openscene-ensemble", "2D-3D ensemble", true)]
    [InlineData("clip2scene", "3D network", true)]
    [InlineData("maskclip-plus", null, false)]
    [InlineData("sam-refine", "3D network", true)]
    public void Runs_to_clouds_and_metrics(string method, string? system, bool trains)
    {
        Run("run", "--method", method);

        Assert.Equal((string[])["projected labels", "refined labels", .. system is null ? [] : (string[])[system]], Systems().Keys);
        Assert.Equal(trains, File.Exists(_folder.PathOf("network.safetensors")));
        string scene = File.ReadAllLines(Path.Combine(rooms.Root, "scannetv2_val.txt"))[0];
        Assert.True(new FileInfo(_folder.PathOf("clouds", $"{scene}.prediction.ply")).Length > 1000);
        Configuration published = ConfigurationLoader.Load(null, _folder.PathOf("config.yaml"), []);
        Assert.Equal(ConfigurationLoader.Load(null, null, [], method).Predict, published.Predict);
    }

    [Fact]
    public void Maskclip_leaves_points_that_no_view_sees_without_a_label()
    {
        Run("run", "--method", "maskclip");

        string labels = Assert.Single(Directory.GetFiles(_folder.PathOf("cache", "predict"), "labels.npy", SearchOption.AllDirectories));
        byte[] predicted = NpyReader.Read<byte>(labels, -1).Data;
        float[] confidence = NpyReader.Read<float>(Path.Combine(Path.GetDirectoryName(labels)!, "confidence.npy"), predicted.Length).Data;
        Assert.Contains((byte)255, predicted);
        Assert.All(predicted.Zip(confidence), point => Assert.Equal(point.First == 255, point.Second == 0));
    }

    [Fact]
    public void Maskclip_plus_projects_what_a_network_of_the_training_images_says()
    {
        Run("run", "--method", "maskclip-plus");

        Assert.Single(Directory.GetDirectories(_folder.PathOf("cache", "flat")));
        // Label maps of the pack for the training scenes, of the 2D network for the scene that is segmented.
        Assert.Equal(3, Directory.GetDirectories(_folder.PathOf("cache", "pseudo-label")).Length);
        string maps = Assert.Single(Directory.GetDirectories(_folder.PathOf("cache", "flat-label")));
        LabelMap map = LabelMapFile.Read(Directory.GetFiles(maps, "*.labels")[0]);
        Assert.Equal((48, 36, 96, 72), (map.Width, map.Height, map.ImageWidth, map.ImageHeight));
    }

    [Fact]
    public void Evaluation_projects_what_the_2D_network_of_the_run_says_when_told_its_scenes()
    {
        Run("run", "--method", "maskclip-plus", "--train-split", "all");
        double projected = Systems()["projected labels"];
        Run("evaluate", "--method", "maskclip-plus", "--train-split", "all");

        Assert.Equal(projected, Systems()["projected labels"]);
        Assert.Single(Directory.GetDirectories(_folder.PathOf("cache", "flat")));
    }

    [Fact]
    public void Sam_refine_votes_inside_masks_and_gives_the_pairs_the_labels_of_the_2D_network()
    {
        Run("run", "--method", "sam-refine");

        Assert.Equal(3, Directory.GetDirectories(_folder.PathOf("cache", "masks")).Length);
        Assert.Equal(3, Directory.GetFiles(_folder.PathOf("cache", "refine"), "flat.npy", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Ensemble_labels_all_points_with_a_network_that_distillation_shares()
    {
        Run("run", "--method", "openscene-distill");
        byte[] network = File.ReadAllBytes(_folder.PathOf("network.safetensors"));
        double distilled = Systems()["3D network"];
        Run("run", "--method", "openscene-ensemble");

        Assert.Single(Directory.GetDirectories(_folder.PathOf("cache", "train")));
        Assert.Equal(network, File.ReadAllBytes(_folder.PathOf("network.safetensors")));
        Run("evaluate", "--method", "openscene-ensemble", "--network", _folder.PathOf("network.safetensors"));
        Assert.Equal(1, Coverage("2D-3D ensemble"));
        Run("evaluate", "--method", "openscene-distill", "--network", _folder.PathOf("network.safetensors"));
        Assert.Equal(distilled, Systems()["3D network"]);
    }

    [Fact]
    public void Method_that_trains_nothing_is_evaluated_without_a_network()
    {
        Run("evaluate", "--method", "openscene-fusion");

        Assert.Equal(Coverage("projected labels"), Coverage("fused features"));
    }

    [Theory]
    [InlineData("train", "nothing is trained", "--method", "maskclip")]
    [InlineData("run", "Did you mean 'clip2scene'?", "--method", "clip2scnee")]
    [InlineData("ablate", "--method", "--method", "clip2scene")]
    [InlineData("evaluate", "Give --network", "--method", "openscene-ensemble")]
    [InlineData("run", "pseudo_label.save_features", "--method", "clip2scene", "--set", "pseudo_label.save_features=false")]
    [InlineData("run", "pseudo_label.save_features", "--method", "openscene-fusion", "--set", "pseudo_label.save_features=false")]
    [InlineData("run", "distillation.enabled", "--method", "hicorr", "--set", "predict.source=ensemble", "pseudo_label.save_features=true")]
    [InlineData("run", "masks.model", "--method", "sam-refine", "--set", "masks.source=sam")]
    [InlineData("run", "a mask belongs to one image", "--method", "sam-refine", "--set", "refine.scope=scene")]
    [InlineData("refine", "the 2D network, which all shards share", "--method", "maskclip-plus", "--shard", "1/2")]
    public void Mistake_is_a_usage_error_before_any_work(string verb, string words, params string[] more)
    {
        // One --set takes all settings.
        string[] flags = rooms.Flags(verb, _folder.Root, [.. more.TakeWhile(word => word != "--set")]);
        (int code, _, string errors) = HicorrProcess.Run([.. flags, .. more.SkipWhile(word => word != "--set").Skip(1)]);

        Assert.Equal(2, code);
        Assert.Contains(words, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.PathOf("cache")));
    }

    [Fact]
    public void Network_that_labels_taught_is_refused_by_the_ensemble()
    {
        Run("train", "--method", "hicorr");

        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("evaluate", _folder.Root, "--method", "openscene-ensemble", "--network", _folder.PathOf("network.safetensors")));

        Assert.Equal(4, code);
        Assert.Contains("one that was trained on labels", errors, StringComparison.Ordinal);
    }

    private void Run(string verb, params string[] more)
    {
        (int code, _, string errors) = HicorrProcess.Run([.. rooms.Flags(verb, _folder.Root, more), "train.epochs=4", "correlation.points=128"]);
        Assert.True(code == 0, errors);
    }

    private Dictionary<string, double> Systems() => Read("mIoU");

    private double Coverage(string system) => Read("coverage")[system];

    private Dictionary<string, double> Read(string figure)
    {
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("metrics.json")));
        return metrics.RootElement.GetProperty("systems").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty(figure).GetDouble());
    }
}
