using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HiCorr.Pipeline.Vision;

/// <summary>Inputs of a network for one run, one after the other.</summary>
internal readonly record struct NetworkInput(float[] Values, int Count, int Height, int Width); // Values: (Count, 3, H, W)

/// <summary>The ONNX graph of a model pack, checked against what model.json says of it.</summary>
internal sealed class ModelGraph : IDisposable
{
    private readonly ModelPack _pack;
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    /// <exception cref="ArtefactException">The file is no ONNX graph, or its inputs and outputs do not fit model.json.</exception>
    /// <exception cref="DeviceException">The device cannot be used.</exception>
    public ModelGraph(ModelPack pack, InferenceDevice device = InferenceDevice.Cpu)
    {
        _pack = pack;
        _session = OnnxGraph.Open(pack.GraphPath, device);
        try
        {
            CheckTensors();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether several inputs may go into one run.</summary>
    public bool TakesBatches => _session.InputMetadata[_pack.Manifest.Input.Name].Dimensions[0] < 0;

    /// <param name="input">Of a size that model.json allows.</param>
    /// <param name="outputs">Names of outputs, for the results in the same order.</param>
    /// <exception cref="ArtefactException">The graph fails, or gives another shape than model.json says.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(NetworkInput input, IReadOnlyList<GraphTensor> outputs)
    {
        using OrtValue values = OrtValue.CreateTensorValueFromMemory(input.Values, [input.Count, 3, input.Height, input.Width]);
        IDisposableReadOnlyCollection<OrtValue> results =
            OnnxGraph.Run(_session, _pack.GraphPath, _options, [_pack.Manifest.Input.Name], [values], [.. outputs.Select(output => output.Name)]);
        for (int i = 0; i < outputs.Count; i++)
            CheckOutput(outputs[i] with { Shape = [input.Count, .. outputs[i].Shape.AsSpan(1)] }, [.. results[i].GetTensorTypeAndShape().Shape.Select(extent => (int)extent)], input.Height, input.Width);
        return results;
    }

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private void CheckTensors()
    {
        ModelManifest manifest = _pack.Manifest;
        CheckShape("input", manifest.Input, Extents("input", manifest.Input, _session.InputMetadata));
        foreach (string name in _session.InputMetadata.Keys)
            if (name != manifest.Input.Name) throw new ArtefactException(_pack.GraphPath, $"input '{name}'", $"'{manifest.Input.Name}' as the only input", "a second one");
        CheckOutput(manifest.Features, Extents("output", manifest.Features, _session.OutputMetadata), manifest.Height, manifest.Width);
        if (manifest.Keys is { } keys) CheckOutput(keys, Extents("output", keys, _session.OutputMetadata), manifest.Height, manifest.Width);
        if (manifest.Scores is { } scores)
            CheckOutput(scores with { Shape = [1, _pack.Classes.Count, -1, -1] }, Extents("output", scores, _session.OutputMetadata), manifest.Height, manifest.Width);
    }

    private int[] Extents(string kind, GraphTensor stated, IReadOnlyDictionary<string, NodeMetadata> actual)
    {
        if (!actual.TryGetValue(stated.Name, out NodeMetadata? tensor))
            throw new ArtefactException(_pack.GraphPath, null, $"an {kind} '{stated.Name}', which model.json names", string.Join(", ", actual.Keys.Select(name => $"'{name}'")));
        if (!tensor.IsTensor || tensor.ElementDataType != TensorElementType.Float)
            throw new ArtefactException(_pack.GraphPath, $"{kind} '{stated.Name}'", "a float32 tensor", tensor.IsTensor ? $"{tensor.ElementDataType}" : $"{tensor.OnnxValueType}");
        return tensor.Dimensions;
    }

    private void CheckOutput(GraphTensor stated, int[] actual, int height, int width)
    {
        CheckShape("output", stated, actual);
        CheckCells(stated, actual[2], height, "height");
        CheckCells(stated, actual[3], width, "width");
    }

    /// <summary>Graphs differ in how they round where the stride does not divide the input.</summary>
    private void CheckCells(GraphTensor stated, int cells, int pixels, string side)
    {
        int stride = _pack.Manifest.Stride;
        if (cells >= 0 && Math.Abs((long)cells * stride - pixels) >= stride)
            throw new ArtefactException(_pack.GraphPath, $"output '{stated.Name}'", $"{pixels / stride} cells along the {side} ({pixels} pixels at model.json's stride {stride})", $"{cells}");
    }

    private void CheckShape(string kind, GraphTensor stated, int[] actual)
    {
        bool fits = stated.Shape.Length == actual.Length;
        for (int i = 0; fits && i < actual.Length; i++) fits = stated.Shape[i] < 0 || actual[i] < 0 || stated.Shape[i] == actual[i];
        if (!fits)
            throw new ArtefactException(_pack.GraphPath, $"{kind} '{stated.Name}'", $"shape [{string.Join(", ", stated.Shape)}] as model.json says", $"[{string.Join(", ", actual)}]");
    }
}
