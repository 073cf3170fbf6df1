using HiCorr.Pipeline.Formats.Npy;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Tests.Vision;

/// <summary>Data/clip: small CLIP models with random weights and what MaskCLIP's forward in PyTorch gives for them; its README names every file.</summary>
internal static class ClipGolden
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Data", "clip");

    /// <summary>Sizes of the images that features are stored of; the first is the network's own.</summary>
    public static TheoryData<int, int> Sizes => new() { { 32, 32 }, { 48, 64 }, { 24, 40 } };

    public static TheoryData<int, int> ResNetSizes => new() { { 64, 64 }, { 64, 96 }, { 32, 96 } };

    public static NpyArray<float> Image(int height, int width) => Read("images", $"h{height}-w{width}", 1, 3, height, width);

    public static NpyArray<float> Read(string folder, string name, params int[] shape) => NpyReader.ReadFloats(Path.Combine(Folder, folder, name + ".npy"), shape);

    /// <summary>One output of a graph with one input.</summary>
    public static (float[] Data, long[] Shape) Run(string graph, OrtValue input, string output)
    {
        using var session = new InferenceSession(graph);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, [session.InputNames[0]], [input], [output]);
        return (results[0].GetTensorDataAsSpan<float>().ToArray(), results[0].GetTensorTypeAndShape().Shape);
    }

    /// <param name="tolerance">Of the largest expected value.</param>
    public static void AssertClose(float[] expected, ReadOnlySpan<float> actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        float largest = expected.Max(MathF.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance * largest);
    }
}
