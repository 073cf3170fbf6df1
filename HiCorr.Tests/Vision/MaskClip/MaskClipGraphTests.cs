using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Vision;
using HiCorr.Pipeline.Vision.MaskClip;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Tests.Vision.MaskClip;

/// <summary>Against MaskCLIP's forward in PyTorch on the same random weights (Data/clip, tools/test-models/make_clip.py).</summary>
public sealed class MaskClipGraphTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Both forms of attention, both GELUs, baked and dynamic sizes, float16 weights, float16 arithmetic (ours stays float32), external data, several convolutions, a ResNet.
    [Theory]
    [InlineData("split-quick")]
    [InlineData("split-gelu")]
    [InlineData("sdpa-quick")]
    [InlineData("fused-quick")]
    [InlineData("fused-gelu")]
    [InlineData("half-cast")]
    [InlineData("half-all")]
    [InlineData("external")]
    [InlineData("stem")]
    [InlineData("resnet")]
    public void Equals_MaskCLIP_in_PyTorch_at_three_sizes(string export)
    {
        string graph = Write(MaskClipGraph.Dense(Tower(export)), export);
        using InferenceSession session = OnnxGraph.Open(graph);
        foreach ((int height, int width) in export == "resnet" ? [(64, 64), (64, 96), (32, 96)] : new[] { (32, 32), (48, 64), (24, 40) })
        {
            float[][] outputs = Run(session, graph, Image(height, width), [1, 3, height, width], MaskClipGraph.Features, MaskClipGraph.Keys);

            AssertEqual(Golden(export, $"features-h{height}-w{width}.npy"), outputs[0]);
            AssertEqual(Golden(export, $"keys-h{height}-w{width}.npy"), outputs[1]);
        }
    }

    [Theory]
    [InlineData("split-quick")]
    [InlineData("fused-gelu")]
    [InlineData("half-all")]
    [InlineData("resnet")]
    public void The_whole_tower_equals_the_export(string export)
    {
        int side = export == "resnet" ? 64 : 32;
        string graph = Write(MaskClipGraph.Whole(Tower(export)), export);
        using InferenceSession session = OnnxGraph.Open(graph);

        AssertEqual(Golden(export, "image_embeds.npy"), Run(session, graph, Image(side, side), [1, 3, side, side], MaskClipGraph.Embedding)[0]);
    }

    [Theory]
    [InlineData("fused-quick", 24, 40)]
    [InlineData("resnet", 32, 96)]
    public void Images_of_a_batch_do_not_feel_each_other(string export, int height, int width)
    {
        string graph = Write(MaskClipGraph.Dense(Tower(export)), export);
        using InferenceSession session = OnnxGraph.Open(graph);
        float[] first = Image(height, width), second = [.. first.Select(value => 1 - value)];

        float[] both = Run(session, graph, [.. first, .. second], [2, 3, height, width], MaskClipGraph.Features)[0];

        AssertEqual(Golden(export, $"features-h{height}-w{width}.npy"), both[..(both.Length / 2)]);
        AssertEqual(Run(session, graph, second, [1, 3, height, width], MaskClipGraph.Features)[0], both[(both.Length / 2)..]);
    }

    [Fact]
    public void Keeps_only_what_the_dense_features_need()
    {
        ModelProto dense = MaskClipGraph.Dense(Tower("split-quick"));

        Assert.DoesNotContain(dense.Graph.Initializer, tensor => tensor.Name == "layers.2.query.weight");
        Assert.Contains(dense.Graph.Initializer, tensor => tensor.Name == "layers.1.query.weight");
        HashSet<string> used = [.. dense.Graph.Node.SelectMany(node => node.Input)];
        Assert.All(dense.Graph.Initializer, tensor => Assert.Contains(tensor.Name, used));
    }

    [Fact]
    public void Float16_weights_stay_float16_in_the_file()
    {
        TensorProto weight = MaskClipGraph.Dense(Tower("half-all")).Graph.Initializer.First(tensor => tensor.Name == "layers.0.query.weight");

        Assert.Equal(OnnxTensor.Float16, weight.DataType);
    }

    private static ClipTower Tower(string export) => ClipTowerReader.Read(OnnxModel.Read(PathOf(export, "vision_model.onnx")));

    private string Write(ModelProto model, string export)
    {
        string path = _folder.PathOf("visual.onnx");
        OnnxWriter.Write(PathOf(export, "vision_model.onnx"), model, path);
        return path;
    }

    private static float[] Image(int height, int width) => NpyReader.ReadFloats(PathOf("images", $"h{height}-w{width}.npy"), 1, 3, height, width).Data;

    private static float[] Golden(string export, string file) => NpyReader.Read<float>(PathOf(export, file)).Data;

    private static float[][] Run(InferenceSession session, string path, float[] image, long[] shape, params string[] outputs)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(image, shape);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = OnnxGraph.Run(session, path, options, [MaskClipGraph.Input], [input], outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    private static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float size = expected.Max(Math.Abs), worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= Tolerance * Math.Max(1, size), $"off by {worst}, values up to {size}");
    }

    private static string PathOf(string folder, string file) => Path.Combine(AppContext.BaseDirectory, "Data", "clip", folder, file);
}
