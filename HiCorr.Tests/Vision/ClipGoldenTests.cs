using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HiCorr.Tests.Vision;

/// <summary>The exported towers of Data/clip themselves: a test that cuts one is worth nothing where the tower is not what PyTorch computed.</summary>
public sealed class ClipGoldenTests
{
    [Theory]
    [InlineData("split-quick", 1e-4f)]
    [InlineData("split-gelu", 1e-4f)]
    [InlineData("sdpa-quick", 1e-4f)]
    [InlineData("fused-quick", 1e-4f)]
    [InlineData("fused-gelu", 1e-4f)]
    [InlineData("half-cast", 1e-4f)]
    [InlineData("half-all", 1e-2f)] // float16 arithmetic
    [InlineData("external", 1e-4f)]
    [InlineData("stem", 1e-4f)]
    [InlineData("resnet", 1e-4f)]
    public void An_export_gives_the_image_embedding_of_its_network(string name, float tolerance)
    {
        int side = name == "resnet" ? 64 : 32;
        float[] image = ClipGolden.Image(side, side).Data;
        using var session = new InferenceSession(Path.Combine(ClipGolden.Folder, name, "vision_model.onnx"));
        (string input, NodeMetadata metadata) = session.InputMetadata.Single();
        bool half = metadata.ElementDataType == TensorElementType.Float16;
        long[] shape = [1, 3, side, side];
        using OrtValue value = half
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(image, pixel => (Float16)pixel), shape)
            : OrtValue.CreateTensorValueFromMemory(image, shape);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, [input], [value], ["image_embeds"]);

        float[] actual = half ? Array.ConvertAll(results[0].GetTensorDataAsSpan<Float16>().ToArray(), number => (float)number) : results[0].GetTensorDataAsSpan<float>().ToArray();
        ClipGolden.AssertClose(ClipGolden.Read(name, "image_embeds", 1, 20).Data, actual, tolerance);
    }
}
