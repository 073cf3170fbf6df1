using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>An image at a network's input, with what is needed to go back to the image.</summary>
internal sealed record PreparedImage(float[] Input, ImagePlacement Place, int ImageWidth, int ImageHeight); // Input: (3, H, W)

/// <summary>Dense features of one image in the joint space of images and text, the bars of padding cut off.</summary>
public sealed record FeatureMap(int Dimension, int Height, int Width, Half[] Values); // (d, h, w)

/// <summary>What a model pack sees in one image; features where asked for.</summary>
public sealed record DensePrediction(LabelMap Labels, FeatureMap? Features);

/// <summary>
/// Labels images densely with a model pack (HICL Sec. 3.1): features of every cell, scores against the class embeddings,
/// bilinear upsampling of the scores, argmax. Uses all cores on one image; one image at a time.
/// </summary>
public sealed class DensePredictor : IDisposable
{
    private readonly ModelPack _pack;
    private readonly ModelGraph _graph;
    private readonly ImageInput _input;
    private readonly ClassScorer _scorer;
    private readonly int _maxSide;

    /// <param name="pack">The model.</param>
    /// <param name="classes">What to look for.</param>
    /// <param name="fit">How images are brought to the network's size; null leaves it to the pack.</param>
    /// <param name="maxSide">Longer sides of label maps are scaled down to this.</param>
    /// <exception cref="ArtefactException">The pack's graph is damaged or does not fit its model.json.</exception>
    public DensePredictor(ModelPack pack, ClassSelection classes, ImageFit? fit = null, int maxSide = int.MaxValue)
    {
        (_pack, _maxSide) = (pack, maxSide);
        _graph = new ModelGraph(pack);
        _input = new ImageInput(pack.Manifest, fit ?? pack.Manifest.Fit);
        _scorer = new ClassScorer(classes, pack.EmbeddingDimension, pack.Manifest.NormalizeFeatures, pack.Manifest.LogitScale);
    }

    /// <exception cref="ArtefactException">The graph fails on the image or gives features that are not finite.</exception>
    public DensePrediction Predict(ColorImage image, bool withFeatures = false) => Predict(Prepare(image), withFeatures);

    public void Dispose() => _graph.Dispose();

    /// <summary>The part before the network, for a thread that reads ahead.</summary>
    internal PreparedImage Prepare(ColorImage image)
    {
        float[] input = new float[_input.Length];
        ImagePlacement place = _input.Fill(image, input);
        return new PreparedImage(input, place, image.Width, image.Height);
    }

    internal DensePrediction Predict(PreparedImage image, bool withFeatures)
    {
        GraphTensor output = _pack.Manifest.Features;
        using IDisposableReadOnlyCollection<OrtValue> results = _graph.Run(image.Input, [output]);
        long[] shape = results[0].GetTensorTypeAndShape().Shape;
        int height = (int)shape[2], width = (int)shape[3];
        ReadOnlySpan<float> features = results[0].GetTensorDataAsSpan<float>();

        float[] scores = new float[height * width * _scorer.Width];
        _scorer.Score(features, height * width, scores);
        foreach (float score in scores)
            if (!float.IsFinite(score)) throw new ArtefactException(_pack.GraphPath, $"output '{output.Name}'", "finite features", "NaN or infinity");

        (int mapWidth, int mapHeight) = ImageResize.Within(image.ImageWidth, image.ImageHeight, _maxSide);
        int stride = _pack.Manifest.Stride;
        (int top, int rows) = Cells(image.Place.Top, image.Place.Height, height);
        (int left, int columns) = Cells(image.Place.Left, image.Place.Width, width);
        (byte[] labels, byte[] confidence) = ScoreUpsampling.Label(scores, width, _scorer.Width,
            BilinearAxis.Build(mapHeight, (double)image.Place.Height / stride / mapHeight, top, rows),
            BilinearAxis.Build(mapWidth, (double)image.Place.Width / stride / mapWidth, left, columns));
        var map = new LabelMap(mapWidth, mapHeight, image.ImageWidth, image.ImageHeight, labels, confidence);
        return new DensePrediction(map, withFeatures ? Crop(features, height, width, top, rows, left, columns) : null);
    }

    /// <summary>The cells that see any of the image: the bars of padding are left out before anything is interpolated.</summary>
    private (int First, int Count) Cells(int start, int length, int cells)
    {
        int stride = _pack.Manifest.Stride;
        int first = Math.Min(start / stride, cells - 1);
        return (first, Math.Clamp((length + stride - 1) / stride, 1, cells - first));
    }

    private FeatureMap Crop(ReadOnlySpan<float> features, int height, int width, int top, int rows, int left, int columns)
    {
        var values = new Half[_pack.EmbeddingDimension * rows * columns];
        int next = 0;
        for (int k = 0; k < _pack.EmbeddingDimension; k++)
            for (int y = top; y < top + rows; y++)
                foreach (float value in features.Slice((k * height + y) * width + left, columns)) values[next++] = (Half)value;
        return new FeatureMap(_pack.EmbeddingDimension, rows, columns, values);
    }
}
