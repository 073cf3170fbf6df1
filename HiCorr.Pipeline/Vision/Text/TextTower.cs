using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>The text tower of a model pack in ONNX Runtime: texts to unit embeddings in the space of the image features.</summary>
internal sealed class TextTower : IDisposable
{
    /// <summary>Where the graph takes any number.</summary>
    private const int TextsAtOnce = 32;

    private readonly TextManifest _manifest;
    private readonly string _path;
    private readonly int _dimension, _batch;
    private readonly ClipTokenizer _tokenizer;
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    /// <exception cref="ArtefactException">Graph or tokenizer are missing or damaged, or the graph's inputs and outputs do not fit model.json.</exception>
    public TextTower(string folder, TextManifest manifest, int dimension)
    {
        (_manifest, _path, _dimension) = (manifest, Path.Combine(folder, manifest.Graph), dimension);
        _tokenizer = new ClipTokenizer(Path.Combine(folder, manifest.Tokenizer));
        _session = OnnxGraph.Open(_path);
        try
        {
            _batch = CheckTensors();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <returns>(n, d), rows of unit length.</returns>
    /// <exception cref="ArtefactException">The graph fails, or gives rows of another shape, of zeros or not finite.</exception>
    public float[] Embed(IReadOnlyList<string> texts)
    {
        float[] rows = new float[texts.Count * _dimension];
        for (int first = 0; first < texts.Count; first += _batch)
        {
            int count = Math.Min(_batch, texts.Count - first);
            Run([.. texts.Skip(first).Take(count)], rows.AsSpan(first * _dimension, count * _dimension));
        }
        for (int i = 0; i < texts.Count; i++)
        {
            Span<float> row = rows.AsSpan(i * _dimension, _dimension);
            float length = TensorPrimitives.Norm<float>(row);
            if (!(length > 0 && float.IsFinite(length))) throw new ArtefactException(_path, $"output '{_manifest.Output}'", $"an embedding of \"{texts[i]}\"", length == 0 ? "zeros" : "NaN or infinity");
            TensorPrimitives.Divide(row, length, row);
        }
        return rows;
    }

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private void Run(IReadOnlyList<string> texts, Span<float> rows)
    {
        // A graph for a fixed number of texts gets empty ones beside the last.
        int length = _manifest.ContextLength, count = IsFixed(_manifest.Input) ? _batch : texts.Count;
        long[] ids = new long[count * length], mask = new long[count * length];
        for (int i = 0; i < count; i++)
        {
            int[] tokens = _tokenizer.Encode(i < texts.Count ? texts[i] : "", length);
            for (int t = 0; t < tokens.Length; t++) (ids[i * length + t], mask[i * length + t]) = (tokens[t], 1);
        }
        List<string> names = [_manifest.Input];
        List<OrtValue> inputs = [Tensor(_manifest.Input, ids, count)];
        if (_manifest.AttentionMask is { } attention)
        {
            names.Add(attention);
            inputs.Add(Tensor(attention, mask, count));
        }
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = OnnxGraph.Run(_session, _path, _options, names, inputs, [_manifest.Output]);
            long[] shape = results[0].GetTensorTypeAndShape().Shape;
            if (shape.Length != 2 || shape[0] != count || shape[1] != _dimension)
                throw new ArtefactException(_path, $"output '{_manifest.Output}'", $"shape [{count}, {_dimension}]", $"[{string.Join(", ", shape)}]");
            results[0].GetTensorDataAsSpan<float>()[..rows.Length].CopyTo(rows);
        }
        finally
        {
            foreach (OrtValue input in inputs) input.Dispose();
        }
    }

    private OrtValue Tensor(string input, long[] values, int count)
    {
        long[] shape = [count, _manifest.ContextLength];
        return _session.InputMetadata[input].ElementDataType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(values, shape)
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, value => (int)value), shape);
    }

    private bool IsFixed(string input) => _session.InputMetadata[input].Dimensions[0] > 0;

    /// <returns>Texts a run.</returns>
    private int CheckTensors()
    {
        string[] inputs = _manifest.AttentionMask is { } mask ? [_manifest.Input, mask] : [_manifest.Input];
        foreach (string input in inputs)
        {
            NodeMetadata tensor = Find("input", input, _session.InputMetadata);
            if (!tensor.IsTensor || tensor.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32))
                throw new ArtefactException(_path, $"input '{input}'", "an int64 or int32 tensor", tensor.IsTensor ? $"{tensor.ElementDataType}" : $"{tensor.OnnxValueType}");
            CheckShape("input", input, tensor.Dimensions, _manifest.ContextLength, "model.json's text.contextLength");
        }
        foreach (string name in _session.InputMetadata.Keys)
            if (!inputs.Contains(name))
                throw new ArtefactException(_path, $"input '{name}'", "no inputs but those that model.json names in text", "a further one", "Name it text.attentionMask where it is the mask");
        NodeMetadata output = Find("output", _manifest.Output, _session.OutputMetadata);
        if (!output.IsTensor || output.ElementDataType != TensorElementType.Float)
            throw new ArtefactException(_path, $"output '{_manifest.Output}'", "a float32 tensor", output.IsTensor ? $"{output.ElementDataType}" : $"{output.OnnxValueType}");
        CheckShape("output", _manifest.Output, output.Dimensions, _dimension, "model.json's embeddingDimension");
        int batch = _session.InputMetadata[_manifest.Input].Dimensions[0];
        return batch > 0 ? batch : TextsAtOnce;
    }

    private NodeMetadata Find(string kind, string name, IReadOnlyDictionary<string, NodeMetadata> tensors) =>
        tensors.TryGetValue(name, out NodeMetadata? tensor) ? tensor
            : throw new ArtefactException(_path, null, $"an {kind} '{name}', which model.json names in text", string.Join(", ", tensors.Keys.Select(key => $"'{key}'")));

    private void CheckShape(string kind, string name, int[] shape, int length, string source)
    {
        if (shape.Length != 2 || (shape[1] >= 0 && shape[1] != length))
            throw new ArtefactException(_path, $"{kind} '{name}'", $"shape [texts, {length}] with {source}", $"[{string.Join(", ", shape)}]");
    }
}
