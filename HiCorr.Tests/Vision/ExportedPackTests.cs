using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Tests.Vision;

/// <summary>
/// Packs that tools/export-maskclip wrote of PyTorch weights (tools/test-models/make_clip_packs.py), against MaskCLIP's forward in PyTorch.
/// </summary>
public sealed class ExportedPackTests
{
    private const float Tolerance = 1e-4f;

    public static TheoryData<int, int> Sizes => ClipGolden.Sizes;

    public static TheoryData<int, int> ResNetSizes => ClipGolden.ResNetSizes;

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_vision_transformer_gives_features_and_keys_of_its_network(int height, int width) => AssertDense("vit", "fused-quick", height, width, Tolerance);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Half_storage_gives_those_of_the_rounded_weights(int height, int width) => AssertDense("vit-half", "half-cast", height, width, Tolerance);

    [Theory]
    [MemberData(nameof(ResNetSizes))]
    public void A_resnet_gives_features_and_keys_of_its_network(int height, int width) => AssertDense("resnet", "resnet", height, width, Tolerance);

    [Fact]
    public void Takes_several_images_at_once()
    {
        float[] image = ClipGolden.Image(24, 40).Data;
        float[] batch = [.. image.Select(value => -value), .. image];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(batch, [2, 3, 24, 40]);
        var pack = ModelPack.Open(PackFolder("vit"));

        (float[] features, long[] shape) = ClipGolden.Run(pack.GraphPath, input, pack.Manifest.Features.Name);

        Assert.Equal([2, 20, 3, 5], shape);
        ClipGolden.AssertClose(ClipGolden.Read("fused-quick", "features-h24-w40", 20, 3, 5).Data, features.AsSpan(features.Length / 2), Tolerance);
    }

    [Fact]
    public void The_text_tower_gives_the_embeddings_of_its_network()
    {
        TextManifest text = ModelPack.Open(PackFolder("vit")).Manifest.Text!;
        NpyArray<long> ids = NpyReader.Read<long>(Path.Combine(ClipGolden.Folder, "text", "input_ids.npy"), -1, text.ContextLength);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(ids.Data, [ids.Shape[0], ids.Shape[1]]);

        (float[] rows, long[] shape) = ClipGolden.Run(Path.Combine(PackFolder("vit"), text.Graph), input, text.Output);

        Assert.Equal([ids.Shape[0], 20], shape);
        ClipGolden.AssertClose(ClipGolden.Read("text", "text_embeds", ids.Shape[0], 20).Data, rows, Tolerance);
    }

    private static string PackFolder(string name) => Path.Combine(ClipGolden.Folder, "packs", name);

    private static void AssertDense(string name, string golden, int height, int width, float tolerance)
    {
        var pack = ModelPack.Open(PackFolder(name));
        ModelManifest manifest = pack.Manifest;
        int rows = height / manifest.Stride, columns = width / manifest.Stride;
        float[] image = ClipGolden.Image(height, width).Data;
        foreach (GraphTensor output in new[] { manifest.Features, manifest.Keys! })
        {
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, height, width]);
            (float[] actual, long[] shape) = ClipGolden.Run(pack.GraphPath, input, output.Name);
            Assert.Equal([rows, columns], shape[2..]);
            ClipGolden.AssertClose(ClipGolden.Read(golden, $"{output.Name}-h{height}-w{width}", (int)shape[1], rows, columns).Data, actual, tolerance);
        }
    }
}
