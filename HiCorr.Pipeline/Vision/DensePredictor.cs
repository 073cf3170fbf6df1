using System.Diagnostics;
using System.Numerics.Tensors;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>Dense features of one image in the joint space of images and text, the bars of padding cut off.</summary>
public sealed record FeatureMap(int Dimension, int Height, int Width, Half[] Values); // (d, h, w)

/// <summary>What a model pack sees in one image; features where asked for.</summary>
public sealed record DensePrediction(LabelMap Labels, FeatureMap? Features);

/// <summary>
/// Labels images densely with a model pack (HICL Sec. 3.1): features of every cell, the mean over all looks at the image (<see cref="InferenceOptions"/>),
/// scores against the class embeddings, prompt denoising and key smoothing where asked for, bilinear upsampling, argmax. Uses all cores; one call at a time.
/// </summary>
public sealed class DensePredictor : IDisposable
{
    private readonly ModelPack _pack;
    private readonly InferenceOptions _options;
    private readonly ModelGraph _graph;
    private readonly ImageInput _input;
    private readonly ClassScorer _scorer;
    private readonly int _classes;
    private readonly int _stride;
    private readonly GraphTensor[] _outputs; // features, then keys where they are needed

    /// <param name="pack">The model.</param>
    /// <param name="classes">What to look for.</param>
    /// <param name="options">How to look, which <see cref="InferenceOptions.Of"/> has checked; null looks at the whole image once.</param>
    /// <exception cref="ArtefactException">The pack's graph is damaged or does not fit its model.json.</exception>
    /// <exception cref="ConfigurationException">The graph takes one input at a time, and batches are asked for.</exception>
    /// <exception cref="DeviceException">The device cannot be used.</exception>
    public DensePredictor(ModelPack pack, ClassSelection classes, InferenceOptions? options = null)
    {
        (_pack, _options, _classes, _stride) = (pack, options ?? new InferenceOptions(), classes.Classes.Count, pack.Manifest.Stride);
        _outputs = _options.KeySmoothing > 0 ? [pack.Manifest.Features, pack.Manifest.Keys!] : [pack.Manifest.Features];
        _input = new ImageInput(pack.Manifest, _options);
        _scorer = new ClassScorer(classes, pack.EmbeddingDimension, pack.Manifest.NormalizeFeatures, pack.Manifest.LogitScale);
        _graph = new ModelGraph(pack, _options.Device);
        if (_options.Batch == 1 || _graph.TakesBatches) return;
        Dispose();
        throw new ConfigurationException("pseudo_label.batch", $"is {_options.Batch}, but the graph of the model pack '{pack.Name}' takes one input at a time", "Set it to 1");
    }

    /// <summary>Time spent so far, the part of the calling thread.</summary>
    internal PredictionTimes Times { get; } = new();

    /// <exception cref="ArtefactException">The graph fails on the image or gives features that are not finite.</exception>
    public DensePrediction Predict(ColorImage image, bool withFeatures = false) => Predict([Prepare(image)], withFeatures)[0];

    public void Dispose() => _graph.Dispose();

    /// <summary>The part before the network, for a thread that reads ahead.</summary>
    internal PreparedImage Prepare(ColorImage image)
    {
        ImageCanvas[] canvases = [.. _options.Scales.Select(scale => _input.Lay(image.Width, image.Height, scale))];
        return new PreparedImage(canvases, [.. canvases.Select(canvas => _input.Fill(image, canvas))], image.Width, image.Height);
    }

    /// <summary>Inputs of the same size, of whichever images, share the runs of the network.</summary>
    internal DensePrediction[] Predict(IReadOnlyList<PreparedImage> images, bool withFeatures)
    {
        ImageLooks[] looks = [.. images.Select(image => new ImageLooks(image, _options, _stride))];
        var predictions = new DensePrediction[images.Count];
        var means = new LookMean?[images.Count, _outputs.Length];
        IEnumerable<(int Image, Look Look)> inputs = looks.SelectMany((of, i) => of.All.Select(look => (i, look)));
        foreach ((int Image, Look Look)[] batch in inputs.GroupBy(input => (input.Look.Window.Width, input.Look.Window.Height)).SelectMany(same => same.Chunk(_options.Batch)))
        {
            using IDisposableReadOnlyCollection<OrtValue> results = Run(looks, batch);
            for (int i = 0; i < batch.Length; i++)
            {
                (int number, Look look) = batch[i];
                if (looks[number].All.Count == 1) predictions[number] = LabelSingle(images[number], results, i, withFeatures);
                else
                    for (int o = 0; o < _outputs.Length; o++) (means[number, o] ??= NewMean(images[number], o)).Add(look, CellSpan.Of(results[o], i));
            }
        }
        for (int i = 0; i < predictions.Length; i++)
            if (means[i, 0] is { } mean) predictions[i] = Label(images[i], mean.Take().AsSpan(), _outputs.Length > 1 ? means[i, 1]!.Take() : null, withFeatures);
        return predictions;
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(ImageLooks[] looks, (int Image, Look Look)[] batch)
    {
        long start = Stopwatch.GetTimestamp();
        CanvasWindow size = batch[0].Look.Window;
        int length = 3 * size.Height * size.Width;
        float[] values;
        if (batch.Length == 1 && looks[batch[0].Image].Whole(batch[0].Look) is { } whole) values = whole;
        else
        {
            values = new float[batch.Length * length];
            for (int i = 0; i < batch.Length; i++) looks[batch[i].Image].Fill(batch[i].Look, values.AsSpan(i * length, length));
        }
        IDisposableReadOnlyCollection<OrtValue> results = _graph.Run(new NetworkInput(values, batch.Length, size.Height, size.Width), _outputs);
        Times.Network += Stopwatch.GetElapsedTime(start);
        return results;
    }

    private LookMean NewMean(PreparedImage image, int output) =>
        new(image, _input.LayLargest(image.ImageWidth, image.ImageHeight), _stride, unit: output > 0 || _pack.Manifest.NormalizeFeatures);

    /// <summary>Without a copy of all features, which may be large.</summary>
    private DensePrediction LabelSingle(PreparedImage image, IReadOnlyList<OrtValue> results, int index, bool withFeatures)
    {
        ImagePlacement place = image.Canvases[0].Place;
        var features = CellSpan.Of(results[0], index);
        return Label(image, features.Covered(place, _stride), _outputs.Length > 1 ? CellSpan.Of(results[1], index).Covered(place, _stride).ToMap() : null, withFeatures);
    }

    /// <param name="features">A map whose part that sees the image counts.</param>
    /// <param name="keys">Of that part; null without key smoothing.</param>
    private DensePrediction Label(PreparedImage image, CellSpan features, CellMap? keys, bool withFeatures)
    {
        long start = Stopwatch.GetTimestamp();
        float[] scores = new float[features.Height * features.Width * _scorer.Width];
        _scorer.Score(features.Values, features.Height * features.Width, scores);
        foreach (float score in scores)
            if (!float.IsFinite(score)) throw new ArtefactException(_pack.GraphPath, $"output '{_outputs[0].Name}'", "finite features", "NaN or infinity");
        scores = features.CropCells(scores, _scorer.Width);
        if (_options.PromptDenoising > 0) PromptDenoising.Apply(scores, _scorer.Width, _classes, _options.PromptDenoising);
        if (keys is not null)
        {
            if (!float.IsFinite(TensorPrimitives.SumOfSquares<float>(keys.Values))) throw new ArtefactException(_pack.GraphPath, $"output '{_outputs[1].Name}'", "finite keys", "NaN or infinity");
            scores = KeySmoothing.Apply(scores, _scorer.Width, _classes, keys.Normalise(), _options.KeySmoothing);
        }
        Times.Scores += Stopwatch.GetElapsedTime(start);

        start = Stopwatch.GetTimestamp();
        ImagePlacement place = _input.LayLargest(image.ImageWidth, image.ImageHeight).Place;
        (int width, int height) = ImageResize.Within(image.ImageWidth, image.ImageHeight, _options.MaxSide);
        PixelLabels pixels = ScoreUpsampling.Label(scores, areProbabilities: keys is not null, features.Columns, _scorer.Width, _classes,
            BilinearAxis.Build(height, (double)place.Height / _stride / height, 0, features.Rows), BilinearAxis.Build(width, (double)place.Width / _stride / width, 0, features.Columns));
        double least = 255 * _options.MinConfidence;
        for (int i = 0; i < pixels.Labels.Length; i++)
            if (pixels.Confidence[i] < least) pixels.Labels[i] = ClassList.None;
        Times.Upsampling += Stopwatch.GetElapsedTime(start);
        var map = new LabelMap(width, height, image.ImageWidth, image.ImageHeight, pixels.Labels, pixels.Confidence, pixels.Entropy);
        return new DensePrediction(map, withFeatures ? features.ToFeatures() : null);
    }
}
