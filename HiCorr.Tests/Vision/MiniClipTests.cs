using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Tests.Vision;

/// <summary>The shipped pack against the network that it was exported from; tools/mini-clip/export.py --golden wrote the expected values.</summary>
public sealed class MiniClipTests
{
    /// <summary>Cells between two that are stored.</summary>
    private const int CellStep = 41;

    private const float Tolerance = 2e-4f;

    [Fact]
    public void Knows_the_classes_of_scannet20()
    {
        var pack = ModelPack.Open("mini-clip");

        Assert.Equal(ClassLists.Find("scannet20")!.Names, pack.Classes.Names);
    }

    [Theory]
    [InlineData("features")]
    [InlineData("keys")]
    public void Gives_the_outputs_of_the_trained_network(string output)
    {
        var pack = ModelPack.Open("mini-clip");
        NpyArray<float> expected = NpyReader.ReadFloats(Path.Combine(AppContext.BaseDirectory, "Data", "mini-clip", output + ".npy"), -1, -1);
        int height = pack.Manifest.Height, width = pack.Manifest.Width;

        using var session = new InferenceSession(pack.GraphPath);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(Pattern(height, width), [1, 3, height, width]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, [pack.Manifest.Input.Name], [input], [output]);
        ReadOnlySpan<float> actual = results[0].GetTensorDataAsSpan<float>();

        int channels = expected.Shape[0], stored = expected.Shape[1], cells = actual.Length / channels;
        Assert.Equal((cells + CellStep - 1) / CellStep, stored);
        float largest = expected.Data.Max(MathF.Abs);
        for (int channel = 0; channel < channels; channel++)
            for (int i = 0; i < stored; i++)
                Assert.Equal(expected.Data[channel * stored + i], actual[channel * cells + i * CellStep], Tolerance * largest);
    }

    private static float[] Pattern(int height, int width)
    {
        float[] image = new float[3 * height * width];
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    image[(c * height + y) * width + x] = (x * (c + 3) + y * (2 * c + 5)) % 97 / 48f - 1;
        return image;
    }
}
