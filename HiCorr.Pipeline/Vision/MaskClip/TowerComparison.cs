using System.Globalization;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Formats.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>Whether a tower was read right: the graph that it came from and the same tower written anew must give one image the same embedding.</summary>
internal static class TowerComparison
{
    /// <summary>Of the largest number of the embedding: what the order of float32 sums may change.</summary>
    private const float Tolerance = 1e-3f;

    /// <summary>Where the graph itself computes in float16.</summary>
    private const float HalfTolerance = 5e-2f;

    /// <param name="model">The graph.</param>
    /// <param name="tower">What was read from it.</param>
    /// <param name="folder">For the two graphs while they are compared.</param>
    /// <returns>The largest difference, relative to the largest number of the embedding.</returns>
    /// <exception cref="ArtefactException">They differ.</exception>
    public static float Check(OnnxModel model, ClipTower tower, string folder)
    {
        int side = tower.Grid * tower.Patch;
        int images = (int)Math.Clamp(model.Graph.Input.First(input => input.Name == tower.Input).Type?.TensorType?.Shape?.Dim.FirstOrDefault()?.DimValue ?? 1, 1, 64);
        var random = new CounterRandom(0, "tower comparison");
        float[] image = new float[3 * side * side];
        for (int i = 0; i < image.Length; i++) image[i] = (float)random.Normal((ulong)i);

        float[] expected = Run(model, GraphPart.Of(model, tower.Embedding), Path.Combine(folder, "reference.onnx"), tower.Input, tower.InputType, image, images, side, tower.Embedding)[..tower.Dimension];
        float[] actual = Run(model, MaskClipGraph.Whole(tower), Path.Combine(folder, "whole.onnx"), MaskClipGraph.Input, OnnxTensor.Float, image, 1, side, MaskClipGraph.Embedding);

        float largest = Math.Max(expected.Max(Math.Abs), float.Epsilon);
        // Max passes over NaN, which must not pass for equal.
        float difference = expected.Concat(actual).All(float.IsFinite) ? expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second)) / largest : float.NaN;
        bool half = tower.InputType == OnnxTensor.Float16 || model.Graph.Node.Any(node => node.OpType == "Cast" && NodeGraph.Attribute(node, "to")?.I == OnnxTensor.Float16);
        if (!(difference <= (half ? HalfTolerance : Tolerance)))
            throw new ArtefactException(model.Path, null, "a tower that gives an image the same embedding when its weights compute it in CLIP's way",
                string.Create(CultureInfo.InvariantCulture, $"a difference of {difference:0.#####} of the largest number"), "The graph does more than CLIP's image tower, or something in another way");
        return difference;
    }

    private static float[] Run(OnnxModel source, ModelProto model, string path, string input, int type, float[] image, int images, int side, string output)
    {
        OnnxWriter.Write(source.Path, model, path, sync: false);
        try
        {
            float[] values = [.. Enumerable.Repeat(image, images).SelectMany(one => one)];
            long[] shape = [images, 3, side, side];
            using InferenceSession session = OnnxGraph.Open(path);
            using var options = new RunOptions();
            using OrtValue tensor = type == OnnxTensor.Float16
                ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, value => (Float16)value), shape)
                : OrtValue.CreateTensorValueFromMemory(values, shape);
            using IDisposableReadOnlyCollection<OrtValue> results = OnnxGraph.Run(session, path, options, [input], [tensor], [output]);
            return results[0].GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16
                ? Array.ConvertAll(results[0].GetTensorDataAsSpan<Float16>().ToArray(), value => (float)value)
                : results[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".data");
        }
    }
}
