using System.Numerics.Tensors;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>One output of a pack's graph at one size of input.</summary>
/// <param name="Name">The output.</param>
/// <param name="Input">Images, 3, height and width.</param>
/// <param name="Shape">Images, channels, rows and columns.</param>
/// <param name="Shortest">Length of a cell's vector.</param>
/// <param name="Longest">The same.</param>
internal sealed record OutputCheck(string Name, int[] Input, int[] Shape, float Shortest, float Longest);

/// <param name="Name">Of the class.</param>
/// <param name="Share">Of the label map's pixels.</param>
internal sealed record ClassShare(string Name, double Share);

/// <param name="Outputs">At every size that was tried, features first.</param>
/// <param name="Rows">Rows that images are scored against, and their lengths.</param>
/// <param name="Shares">Classes in the label map, the largest first.</param>
internal sealed record PackReport(IReadOnlyList<OutputCheck> Outputs, int Rows, float ShortestRow, float LongestRow, LabelMap Labels, IReadOnlyList<ClassShare> Shares);

/// <summary>Tries out a model pack beyond what opening it checks: normalisation, sizes, batches, finite outputs, unit rows, and one image's labels.</summary>
internal static class PackCheck
{
    /// <summary>What two images in one run may differ from one, of the largest number: other orders of sums.</summary>
    private const float BatchTolerance = 1e-3f;

    /// <exception cref="ArtefactException">The pack does not hold what its model.json promises.</exception>
    public static PackReport Run(ModelPack pack, ClassSelection classes, ColorImage image)
    {
        CheckNormalisation(pack.Manifest);
        (float shortest, float longest) = CheckRows(pack, classes);
        List<OutputCheck> outputs = CheckNetwork(pack);
        using var predictor = new DensePredictor(pack, classes);
        LabelMap labels = predictor.Predict(image).Labels;
        ClassShare[] shares = [.. labels.Labels.GroupBy(label => label).OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => new ClassShare(group.Key < classes.Classes.Count ? classes.Classes.Names[group.Key] : "(none)", (double)group.Count() / labels.Labels.Length))];
        return new PackReport(outputs, classes.LabelRows.Length / pack.EmbeddingDimension, shortest, longest, labels, shares);
    }

    /// <summary>A mean in 0 to 255 for values in 0 to 1, or the other way round, runs as well and labels badly.</summary>
    private static void CheckNormalisation(ModelManifest manifest)
    {
        foreach (float mean in manifest.Mean)
            if (mean < manifest.Black || mean > manifest.White)
                throw new ArtefactException(manifest.Path, "field 'input.mean'", FormattableString.Invariant($"colours between black and white, {manifest.Black} to {manifest.White} by input.range"), FormattableString.Invariant($"{mean}"));
        foreach (float std in manifest.Std)
            if (std > manifest.White - manifest.Black)
                throw new ArtefactException(manifest.Path, "field 'input.std'", FormattableString.Invariant($"at most the range of colours, {manifest.White - manifest.Black} by input.range"), FormattableString.Invariant($"{std}"));
    }

    private static (float Shortest, float Longest) CheckRows(ModelPack pack, ClassSelection classes)
    {
        int dimension = pack.EmbeddingDimension;
        (float shortest, float longest) = Lengths(classes.LabelRows, 1, classes.LabelRows.Length / dimension, dimension, 1);
        if (!float.IsFinite(longest) || (pack.Manifest.Cosine && (shortest < 1 - ModelPack.UnitTolerance || longest > 1 + ModelPack.UnitTolerance)))
            throw new ArtefactException(pack.Folder, "embeddings of the classes", "rows of length 1, as the similarity is cosine", FormattableString.Invariant($"lengths from {shortest:0.####} to {longest:0.####}"));
        return (shortest, longest);
    }

    private static List<OutputCheck> CheckNetwork(ModelPack pack)
    {
        ModelManifest manifest = pack.Manifest;
        int stride = manifest.Stride;
        using var graph = new ModelGraph(pack);
        var checks = new List<OutputCheck>();
        float[] single = Try(pack, graph, 1, manifest.Height, manifest.Width, checks);
        if (!manifest.Resizable) return checks;
        Try(pack, graph, 1, manifest.Height + stride, manifest.Width + 2 * stride, checks);
        Try(pack, graph, 1, Math.Max(1, manifest.Height / stride / 2) * stride, manifest.Width, checks);
        if (!graph.TakesBatches) return checks;
        float[] both = Try(pack, graph, 2, manifest.Height, manifest.Width, checks);
        float largest = TensorPrimitives.MaxMagnitude<float>(single);
        for (int i = 0; i < both.Length; i++)
            if (!(Math.Abs(both[i] - single[i % single.Length]) <= BatchTolerance * Math.Abs(largest)))
                throw new ArtefactException(pack.GraphPath, $"output '{manifest.Features.Name}'", "the same features for an image alone and beside another", "others", "Export the graph with one image as its batch");
        return checks;
    }

    /// <summary>Runs the same noise as every image; returns the features.</summary>
    private static float[] Try(ModelPack pack, ModelGraph graph, int images, int height, int width, List<OutputCheck> checks)
    {
        ModelManifest manifest = pack.Manifest;
        GraphTensor[] outputs = manifest.Keys is null ? [manifest.Features] : [manifest.Features, manifest.Keys];
        var random = new CounterRandom(0, "pack check");
        float[] noise = new float[3 * height * width];
        for (int i = 0; i < noise.Length; i++) noise[i] = (float)random.Normal((ulong)i);
        using IDisposableReadOnlyCollection<OrtValue> results = graph.Run(new NetworkInput([.. Enumerable.Repeat(noise, images).SelectMany(image => image)], images, height, width), outputs);
        for (int i = 0; i < outputs.Length; i++)
        {
            int[] shape = [.. results[i].GetTensorTypeAndShape().Shape.Select(extent => (int)extent)];
            (float shortest, float longest) = Lengths(results[i].GetTensorDataAsSpan<float>(), shape[0], shape[2] * shape[3], shape[1], shape[2] * shape[3]);
            if (!float.IsFinite(longest)) throw new ArtefactException(pack.GraphPath, $"output '{outputs[i].Name}' of {images} x {width} x {height} pixels", "finite numbers", "NaN or infinity");
            checks.Add(new OutputCheck(outputs[i].Name, [images, 3, height, width], shape, shortest, longest));
        }
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Shortest and longest vector; NaN where any number is not finite.</summary>
    /// <param name="step">Between the numbers of one vector; 1 where each is a row.</param>
    private static (float Shortest, float Longest) Lengths(ReadOnlySpan<float> values, int images, int vectors, int dimension, int step)
    {
        (double shortest, double longest) = (double.PositiveInfinity, 0);
        for (int image = 0; image < images; image++)
            for (int v = 0; v < vectors; v++)
            {
                double squares = 0;
                int first = image * vectors * dimension + (step == 1 ? v * dimension : v);
                for (int k = 0; k < dimension; k++) squares += (double)values[first + k * step] * values[first + k * step];
                if (!double.IsFinite(squares)) return (float.NaN, float.NaN);
                (shortest, longest) = (Math.Min(shortest, squares), Math.Max(longest, squares));
            }
        return ((float)Math.Sqrt(shortest), (float)Math.Sqrt(longest));
    }
}
