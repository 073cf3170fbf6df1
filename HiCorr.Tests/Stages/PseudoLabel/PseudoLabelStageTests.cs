using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.PseudoLabel;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;
using HiCorr.Tests.Vision;

namespace HiCorr.Tests.Stages.PseudoLabel;

public sealed class PseudoLabelStageTests : IDisposable
{
    private const int FrameCount = 5;
    private readonly TemporaryFolder _folder = new();
    private readonly ModelPack _pack = ModelPack.Open(TinyPack.Source);

    public void Dispose() => _folder.Dispose();

    /// <summary>One scene whose frames are plain colours: red, green, blue, red, green.</summary>
    private sealed class PlainFrames(string root) : IDataset
    {
        public string Layout => "scannet";

        public ClassList? Classes => null;

        public IReadOnlyList<string> Scenes(string split) => ["scene"];

        public IEnumerable<string> SourceFiles(string scene) => [];

        public Scene Read(string scene)
        {
            var frames = new Frame[FrameCount];
            for (int f = 0; f < FrameCount; f++)
            {
                byte[] pixels = new byte[48 * 32 * 3];
                for (int i = f % 3; i < pixels.Length; i += 3) pixels[i] = 255;
                string color = Path.Combine(root, $"{f}.png");
                PngWriter.WriteRgb(color, new ColorImage(48, 32, pixels));
                frames[f] = new Frame($"{f}", default, default, default, new ImageFiles(color, (48, 32), color, (48, 32)));
            }
            return new Scene { Name = scene, Cloud = new PointCloud { Positions = [], Colors = [], Normals = [] }, Frames = frames };
        }
    }

    private PseudoLabelStage Stage(string classes = "", params (string, string)[] settings) => Stage(_pack, classes, settings);

    private PseudoLabelStage Stage(ModelPack pack, string classes, params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, settings);
        var cache = new StageCache(_folder.PathOf("cache"));
        return new PseudoLabelStage(cache, configuration, pack, ClassSelection.Resolve(classes, pack, null), new PreprocessStage(cache, configuration, new PlainFrames(_folder.Root)));
    }

    [Fact]
    public void Keeps_a_label_map_per_frame_and_the_class_names()
    {
        using PseudoLabelStage stage = Stage();

        StageResult result = stage.Get("scene");

        for (int f = 0; f < FrameCount; f++)
        {
            LabelMap map = PseudoLabelStage.Read(result, $"{f}");
            Assert.Equal((48, 32), (map.Width, map.Height));
            Assert.All(map.Labels, label => Assert.Equal(f % 3, label));
            Assert.All(map.Entropy!, entropy => Assert.Equal(0, entropy)); // plain colours are certain
        }
        Assert.Equal(_pack.Classes.Names, JsonSerializer.Deserialize<string[]>(File.ReadAllText(result.PathOf("classes.json")))!);
        Assert.Equal(FrameCount, stage.Steps("scene"));
    }

    [Fact]
    public void Goes_on_with_the_missing_frames_of_an_interrupted_scene()
    {
        using PseudoLabelStage stage = Stage();
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => stage.Get("scene", done => { if (done > 0) stop.Cancel(); }, stop.Token));
        StageResult half = stage.Locate("scene");
        Assert.False(half.IsComplete);
        // Frames that are there stay as they are, which a map that no network would give shows.
        var mark = new LabelMap(1, 1, 48, 32, [77], [1]);
        LabelMapFile.Write(half.PathOf("3.labels"), mark);

        long steps = 0;
        using PseudoLabelStage again = Stage();
        StageResult result = again.Get("scene", done => Interlocked.Add(ref steps, done));

        Assert.True(result.IsComplete);
        Assert.Equal(FrameCount, steps);
        Assert.Equal([77], PseudoLabelStage.Read(result, "3").Labels);
        Assert.All(PseudoLabelStage.Read(result, "4").Labels, label => Assert.Equal(1, label));
    }

    [Fact]
    public void Gives_the_same_files_in_one_go_and_in_two()
    {
        StageResult result;
        using (PseudoLabelStage stage = Stage()) result = stage.Get("scene");
        byte[] whole = File.ReadAllBytes(result.PathOf("2.labels"));
        File.Delete(result.PathOf("2.labels"));
        File.Delete(result.PathOf("done.json"));

        using (PseudoLabelStage stage = Stage()) stage.Get("scene");

        Assert.Equal(whole, File.ReadAllBytes(result.PathOf("2.labels")));
    }

    [Fact]
    public void Keeps_features_where_asked_for()
    {
        using PseudoLabelStage stage = Stage("", ("pseudo_label.save_features", "true"));

        StageResult result = stage.Get("scene");

        NpyArray<float> features = NpyReader.ReadFloats(result.PathOf("1.features.npy"), 3, 8, 12);
        Assert.Equal(1f, features.Data[8 * 12]);
    }

    [Fact]
    public void Has_another_key_with_other_classes_or_options()
    {
        string[] keys =
        [
            Stage().Locate("scene").Key, Stage("red,green").Locate("scene").Key, Stage("green,red").Locate("scene").Key,
            Stage("", ("pseudo_label.max_side", "20")).Locate("scene").Key, Stage("", ("pseudo_label.resize", "stretch")).Locate("scene").Key,
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], Stage().Locate("scene").Key);
    }

    [Theory]
    [InlineData("size", "96x64")]
    [InlineData("window", "24x16")]
    [InlineData("overlap", "0.25")]
    [InlineData("flip", "true")]
    [InlineData("scales", "1,2")]
    [InlineData("prompt_denoising", "0.5")]
    [InlineData("key_smoothing", "1")]
    [InlineData("min_confidence", "0.5")]
    [InlineData("batch", "2")]
    public void Has_another_key_with_every_way_of_looking(string setting, string value)
    {
        var pack = ModelPack.Open(TinyPack.Resizable);
        using PseudoLabelStage plain = Stage(pack, ""), other = Stage(pack, "", ("pseudo_label." + setting, value));

        Assert.NotEqual(plain.Locate("scene").Key, other.Locate("scene").Key);
        Assert.Equal((48, 32), (PseudoLabelStage.Read(other.Get("scene"), "1").Width, PseudoLabelStage.Read(other.Get("scene"), "1").Height));
    }

    [Fact]
    public void Goes_on_with_the_missing_frames_of_a_batch()
    {
        var pack = ModelPack.Open(TinyPack.Resizable);
        StageResult result;
        using (PseudoLabelStage stage = Stage(pack, "", ("pseudo_label.batch", "2"))) result = stage.Get("scene");
        byte[] whole = File.ReadAllBytes(result.PathOf("3.labels"));
        File.Delete(result.PathOf("3.labels"));
        File.Delete(result.PathOf("done.json"));
        var mark = new LabelMap(1, 1, 48, 32, [77], [1]);
        LabelMapFile.Write(result.PathOf("2.labels"), mark); // shares a batch with the missing one

        long steps = 0;
        using (PseudoLabelStage stage = Stage(pack, "", ("pseudo_label.batch", "2"))) stage.Get("scene", done => Interlocked.Add(ref steps, done));

        Assert.Equal(FrameCount, steps);
        Assert.Equal([77], PseudoLabelStage.Read(result, "2").Labels);
        Assert.Equal(whole, File.ReadAllBytes(result.PathOf("3.labels")));
    }

    [Fact]
    public void Says_where_the_time_went()
    {
        using PseudoLabelStage stage = Stage();

        using JsonDocument done = JsonDocument.Parse(stage.Get("scene").ReadDone());

        Assert.Equal(FrameCount, done.RootElement.GetProperty("labelledNow").GetInt32());
        Assert.Equal(["decode", "resize", "network", "scores", "upsampling", "write"], done.RootElement.GetProperty("secondsOf").EnumerateObject().Select(part => part.Name));
    }

    [Fact]
    public void Names_the_damaged_image_and_keeps_the_frames_before_it()
    {
        using PseudoLabelStage stage = Stage();
        stage.Upstream[0].Get("scene");
        string damaged = _folder.PathOf("4.png");
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..60]);

        InputException error = Assert.Throws<InputException>(() => stage.Get("scene"));

        Assert.Equal(damaged, error.File);
        Assert.True(File.Exists(stage.Locate("scene").PathOf("3.labels")));
        Assert.False(stage.Locate("scene").IsComplete);
    }
}
