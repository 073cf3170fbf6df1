using HiCorr.Pipeline.Storage;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HiCorr.Pipeline.Vision.SegmentAnything;

/// <summary>
/// A Segment Anything model in a folder: <c>encoder.onnx</c>, from the padded square image to its embeddings, and <c>decoder.onnx</c> as SAM's
/// <c>export_onnx_model.py</c> writes it, from embeddings and one prompt to masks. Sizes are read from the graphs (image 1024, embeddings 256 x 64 x 64).
/// </summary>
internal sealed class SegmentAnythingPack : IDisposable
{
    private const string Encoder = "encoder.onnx", Decoder = "decoder.onnx", Hint = "docs/model-packs.md says how a pack is exported";
    private static readonly (string Name, int Rank)[] s_inputs =
        [("image_embeddings", 4), ("point_coords", 3), ("point_labels", 2), ("mask_input", 4), ("has_mask_input", 1), ("orig_im_size", 1)];
    private static readonly string[] s_outputs = ["masks", "iou_predictions"];

    private readonly InferenceSession _encoder, _decoder;
    private readonly RunOptions _options = new();
    private readonly string _folder, _imageInput, _embeddingsOutput;
    private readonly int[] _embeddings, _maskInput;

    /// <exception cref="ArtefactException">A graph is missing, damaged, or has other inputs and outputs.</exception>
    public SegmentAnythingPack(string folder)
    {
        _folder = folder;
        _encoder = OnnxGraph.Open(Path.Combine(folder, Encoder));
        try
        {
            _decoder = OnnxGraph.Open(Path.Combine(folder, Decoder));
            (_imageInput, Side) = CheckImage();
            CheckDecoder();
            _embeddings = Fixed("image_embeddings");
            _maskInput = Fixed("mask_input");
            _embeddingsOutput = CheckEmbeddings();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Pixels along each side of the encoder's input.</summary>
    public int Side { get; }

    /// <summary>Stands for the content of both graphs in cache keys.</summary>
    /// <exception cref="ConfigurationException">No folder is named, or there is none.</exception>
    /// <exception cref="ArtefactException">A graph cannot be read.</exception>
    public static string Key(string folder)
    {
        if (folder.Length == 0)
            throw new ConfigurationException("masks.model", "is empty, but masks.source is 'sam'", "Name the folder of a Segment Anything pack, or set masks.source=superpixel, which needs none");
        if (!Directory.Exists(folder)) throw new ConfigurationException("masks.model", $"there is no folder '{folder}'", Hint);
        return new ContentKey().AddContent(Path.Combine(folder, Encoder)).AddContent(Path.Combine(folder, Decoder)).ToString();
    }

    /// <param name="image">[1, 3, side, side]</param>
    public float[] Embed(float[] image)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, Side, Side]);
        using IDisposableReadOnlyCollection<OrtValue> results = OnnxGraph.Run(_encoder, Path.Combine(_folder, Encoder), _options, [_imageInput], [input], [_embeddingsOutput]);
        CheckShape(Encoder, $"output '{_embeddingsOutput}'", _embeddings, results[0]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Masks of one foreground point.</summary>
    /// <param name="embeddings">Of the image.</param>
    /// <param name="x">Column of the point in the scaled image, as the encoder saw it.</param>
    /// <param name="y">Its row.</param>
    /// <param name="width">Columns of the masks.</param>
    /// <param name="height">Rows of the masks.</param>
    /// <returns>Logits (masks, height, width) and the predicted IoU of each mask.</returns>
    public (float[] Logits, float[] Iou) Decode(float[] embeddings, float x, float y, int width, int height)
    {
        // Without a box the export wants a second point, (0, 0) with the label -1.
        using OrtValue embedded = Tensor(embeddings, _embeddings), points = Tensor([x, y, 0, 0], [1, 2, 2]), labels = Tensor([1, -1], [1, 2]),
            mask = Tensor(new float[_maskInput.Aggregate(1, (a, b) => a * b)], _maskInput), hasMask = Tensor([0], [1]), size = Tensor([height, width], [2]);
        using IDisposableReadOnlyCollection<OrtValue> results = OnnxGraph.Run(_decoder, Path.Combine(_folder, Decoder), _options, [.. s_inputs.Select(input => input.Name)],
            [embedded, points, labels, mask, hasMask, size], s_outputs);
        float[] iou = results[1].GetTensorDataAsSpan<float>().ToArray();
        CheckShape(Decoder, "output 'masks'", [1, iou.Length, height, width], results[0]);
        return (results[0].GetTensorDataAsSpan<float>().ToArray(), iou);
    }

    public void Dispose()
    {
        _options.Dispose();
        _encoder.Dispose();
        _decoder?.Dispose();
    }

    private static OrtValue Tensor(float[] values, int[] shape) => OrtValue.CreateTensorValueFromMemory(values, Array.ConvertAll(shape, extent => (long)extent));

    private (string Name, int Side) CheckImage()
    {
        (string name, NodeMetadata tensor) = _encoder.InputMetadata.First();
        int[] shape = tensor.Dimensions;
        bool fits = _encoder.InputMetadata.Count == 1 && IsFloat(tensor) && shape.Length == 4 && shape[0] is 1 or -1 && shape[1] is 3 && shape[2] == shape[3] && shape[2] > 0;
        return fits ? (name, shape[2]) : throw Broken(Encoder, $"input '{name}'", "one float32 image [1, 3, side, side], normalised and padded outside of the graph", Describe(tensor));
    }

    private string CheckEmbeddings()
    {
        (string name, NodeMetadata tensor) = _encoder.OutputMetadata.First();
        int[] shape = tensor.Dimensions;
        bool fits = IsFloat(tensor) && shape.Length == 4;
        for (int i = 0; fits && i < 4; i++) fits = shape[i] < 0 || shape[i] == _embeddings[i];
        return fits ? name : throw Broken(Encoder, $"output '{name}'", $"embeddings [{string.Join(", ", _embeddings)}] as {Decoder} takes them", Describe(tensor));
    }

    private void CheckDecoder()
    {
        foreach ((string name, int rank) in s_inputs)
        {
            if (!_decoder.InputMetadata.TryGetValue(name, out NodeMetadata? tensor))
                throw Broken(Decoder, null, $"an input '{name}'", string.Join(", ", _decoder.InputMetadata.Keys.Select(key => $"'{key}'")));
            if (!IsFloat(tensor) || tensor.Dimensions.Length != rank) throw Broken(Decoder, $"input '{name}'", $"a float32 tensor of {rank} dimensions", Describe(tensor));
        }
        foreach (string name in s_outputs)
            if (!_decoder.OutputMetadata.TryGetValue(name, out NodeMetadata? tensor) || !IsFloat(tensor))
                throw Broken(Decoder, null, $"a float32 output '{name}'", string.Join(", ", _decoder.OutputMetadata.Keys.Select(key => $"'{key}'")));
    }

    private int[] Fixed(string input)
    {
        int[] shape = _decoder.InputMetadata[input].Dimensions;
        return shape.All(extent => extent > 0) ? shape : throw Broken(Decoder, $"input '{input}'", "a fixed shape", $"[{string.Join(", ", shape)}]");
    }

    private void CheckShape(string graph, string where, int[] expected, OrtValue value)
    {
        long[] shape = value.GetTensorTypeAndShape().Shape;
        if (!shape.SequenceEqual(expected.Select(extent => (long)extent))) throw Broken(graph, where, $"shape [{string.Join(", ", expected)}]", $"[{string.Join(", ", shape)}]");
    }

    private ArtefactException Broken(string graph, string? where, string expected, string found) => new(Path.Combine(_folder, graph), where, expected, found, Hint);

    private static bool IsFloat(NodeMetadata tensor) => tensor.IsTensor && tensor.ElementDataType == TensorElementType.Float;

    private static string Describe(NodeMetadata tensor) => tensor.IsTensor ? $"{tensor.ElementDataType} [{string.Join(", ", tensor.Dimensions)}]" : $"{tensor.OnnxValueType}";
}
