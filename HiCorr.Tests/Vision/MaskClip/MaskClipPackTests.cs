using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Tests.Vision.MaskClip;

public sealed class MaskClipPackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("split-quick", "text")]
    [InlineData("half-all", "text-fused")]
    [InlineData("external", "text")]
    [InlineData("resnet", "text")]
    public void Makes_a_pack_that_knows_any_name(string image, string text)
    {
        MaskClipSummary summary = MaskClipPack.Write(Sources(image) with { Text = Data(text, "text_model.onnx"), Tokenizer = Data("tokenizer", "") });

        var pack = ModelPack.Open(_folder.PathOf("pack"));
        Assert.InRange(summary.Difference, 0, image == "half-all" ? 1e-2f : 1e-5f);
        Assert.True(pack.Manifest.Resizable);
        Assert.Equal(image == "resnet" ? (32, 20, 64, 64) : (8, 20, 24, 32), (pack.Manifest.Stride, pack.EmbeddingDimension, pack.Manifest.Keys!.Shape[1], pack.Manifest.Width));
        PackReport report = PackCheck.Run(pack, ClassSelection.Resolve("wall,chair,floor", pack, null), Picture());
        Assert.Equal(1, report.Shares.Sum(share => share.Share), 1e-9);
        Assert.Equal(8, report.Outputs.Count); // features and keys at three sizes and as a batch
        Assert.Equal([_folder.PathOf("pack")], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Makes_a_pack_of_class_embeddings()
    {
        float[] rows = Numbers.Normal(2 * 20, seed: 3);
        NpyWriter.Write<float>(_folder.PathOf("rows.npy"), rows, 2, 20);
        File.WriteAllText(_folder.PathOf("names.txt"), "wall\nchair\n");

        MaskClipPack.Write(Sources("fused-gelu") with { Embeddings = _folder.PathOf("rows.npy"), Classes = _folder.PathOf("names.txt") });

        var pack = ModelPack.Open(_folder.PathOf("pack"));
        Assert.Equal(["wall", "chair"], pack.Classes.Names);
        Assert.Equal(1, pack.Embeddings[..20].Sum(value => value * value), 1e-5f);
    }

    [Fact]
    public void Takes_the_normalisation_beside_the_model()
    {
        Directory.CreateDirectory(_folder.PathOf("model", "onnx"));
        string image = _folder.PathOf("model", "onnx", "vision_model.onnx");
        File.Copy(Data("fused-quick", "vision_model.onnx"), image);
        Assert.Equal(ImageNormalisation.Clip, ImageNormalisation.Beside(image));

        File.WriteAllText(_folder.PathOf("model", "preprocessor_config.json"), """{"do_normalize": true, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}""");

        ImageNormalisation found = ImageNormalisation.Beside(image);
        Assert.Equal([0.1f, 0.2f, 0.3f], found.Mean);
        Assert.Equal([0.4f, 0.5f, 0.6f], found.Std);
    }

    [Fact]
    public void Leaves_nothing_behind_when_a_part_does_not_fit()
    {
        File.WriteAllText(_folder.PathOf("text.onnx"), "no graph");

        Assert.Throws<ArtefactException>(() => MaskClipPack.Write(Sources("split-quick") with { Text = _folder.PathOf("text.onnx"), Tokenizer = Data("tokenizer", "") }));

        Assert.Equal([_folder.PathOf("text.onnx")], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Refuses_a_folder_that_holds_something()
    {
        Directory.CreateDirectory(_folder.PathOf("pack"));
        File.WriteAllText(_folder.PathOf("pack", "mine.txt"), "");

        Assert.Contains("is there already", Assert.Throws<ConfigurationException>(() => MaskClipPack.Write(Sources("split-quick"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Notices_a_tower_that_does_more_than_it_seems()
    {
        // Every number of the position embedding is used in another order than its own.
        OnnxModel model = OnnxModel.Read(Data("split-quick", "vision_model.onnx"));
        NodeProto gather = model.Graph.Node.Single(node => node.OpType == "Gather" && node.Input[0].Contains("position_embedding", StringComparison.Ordinal));
        TensorProto ids = model.Graph.Initializer.Single(tensor => tensor.Name == gather.Input[1]);
        long[] order = new OnnxTensor(model.Path, ids).Integers();
        ids.ClearRawData();
        ids.Int64Data.Clear();
        ids.Int64Data.Add(order.Reverse());
        string changed = _folder.PathOf("changed.onnx");
        OnnxWriter.Write(model.Path, model.Proto, changed);

        string error = Assert.Throws<ArtefactException>(() => MaskClipPack.Write(Sources("split-quick") with { Image = changed })).Message;

        Assert.Contains("the same embedding", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_towers_are_cut_to_ids_and_embeddings_in_float32()
    {
        OnnxModel model = OnnxModel.Read(Data("text", "text_model.onnx"));

        (ModelProto graph, TextManifest text) = TextTowerGraph.Read(model, 20, "text.onnx", "tokenizer");

        Assert.Equal(new TextManifest("text.onnx", "tokenizer", 77, "input_ids", "attention_mask", "text_embeds", null), text);
        Assert.Equal("text_embeds", Assert.Single(graph.Graph.Output).Name);
        Assert.Contains("[texts, 21]", Assert.Throws<ArtefactException>(() => TextTowerGraph.Read(model, 21, "text.onnx", "tokenizer")).Message, StringComparison.Ordinal);
    }

    private MaskClipSources Sources(string image) => new() { Image = Data(image, "vision_model.onnx"), LogitScale = 100, Out = _folder.PathOf("pack") };

    private static ColorImage Picture()
    {
        byte[] pixels = new byte[3 * 60 * 44];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i * 7);
        return new ColorImage(60, 44, pixels);
    }

    private static string Data(string folder, string file) => Path.Combine(AppContext.BaseDirectory, "Data", "clip", folder, file);
}
