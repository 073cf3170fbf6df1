using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>A CLIP text tower from an ONNX file as a model pack keeps it: token ids in, embeddings out in float32, and nothing else.</summary>
internal static class TextTowerGraph
{
    /// <summary>CLIP's number of tokens, where the graph takes any.</summary>
    private const int ContextLength = 77;

    private const string UsualOutput = "text_embeds";

    /// <param name="model">A graph with an output [texts, d].</param>
    /// <param name="dimension">d.</param>
    /// <param name="file">Its name in the pack.</param>
    /// <param name="tokenizer">The tokenizer's name in the pack.</param>
    /// <exception cref="ArtefactException">The graph has no such output, or other inputs than token ids and a mask.</exception>
    public static (ModelProto Graph, TextManifest Manifest) Read(OnnxModel model, int dimension, string file, string tokenizer)
    {
        ValueInfoProto[] rows = [.. model.Graph.Output.Where(output => Extents(output) is { Length: 2 } extents && (extents[1] == dimension || extents[1] < 0))];
        ValueInfoProto output = rows.FirstOrDefault(row => row.Name == UsualOutput) ?? (rows.Length == 1 ? rows[0] : null)
            ?? throw new ArtefactException(model.Path, null, $"one output of embeddings, [texts, {dimension}] as the image tower's",
                string.Join(", ", model.Graph.Output.Select(given => $"'{given.Name}' [{string.Join(", ", Extents(given))}]")), "Export the text tower with its projection (Hugging Face: CLIPTextModelWithProjection)");
        ModelProto part = GraphPart.Of(model, output.Name);

        HashSet<string> weights = [.. part.Graph.Initializer.Select(tensor => tensor.Name)];
        ValueInfoProto[] inputs = [.. part.Graph.Input.Where(input => !weights.Contains(input.Name))];
        foreach (ValueInfoProto input in inputs)
            if (input.Type?.TensorType?.ElemType is not (OnnxTensor.Int64 or OnnxTensor.Int32) || Extents(input).Length != 2)
                throw new ArtefactException(model.Path, $"input '{input.Name}'", "token ids or their mask, integers [texts, tokens]", $"ONNX data type {input.Type?.TensorType?.ElemType}, [{string.Join(", ", Extents(input))}]");
        ValueInfoProto[] masks = [.. inputs.Where(input => input.Name.Contains("mask", StringComparison.OrdinalIgnoreCase))], ids = [.. inputs.Except(masks)];
        if (ids.Length != 1 || masks.Length > 1)
            throw new ArtefactException(model.Path, null, "an input of token ids and at most one of their mask", string.Join(", ", inputs.Select(input => $"'{input.Name}'")));

        if (output.Type?.TensorType?.ElemType == OnnxTensor.Float16) Widen(part.Graph, output.Name);
        int length = Extents(ids[0])[1] is > 1 and var tokens ? tokens : ContextLength;
        return (part, new TextManifest(file, tokenizer, length, ids[0].Name, masks.FirstOrDefault()?.Name, output.Name, null));
    }

    /// <summary>-1 for what varies.</summary>
    private static int[] Extents(ValueInfoProto value) =>
        [.. (value.Type?.TensorType?.Shape?.Dim ?? []).Select(extent => extent.HasDimValue && extent.DimValue is > 0 and <= int.MaxValue ? (int)extent.DimValue : -1)];

    private static void Widen(GraphProto graph, string output)
    {
        string half = output + "_half";
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Output.Count; i++) if (node.Output[i] == output) node.Output[i] = half;
            for (int i = 0; i < node.Input.Count; i++) if (node.Input[i] == output) node.Input[i] = half;
        }
        var cast = new NodeProto { OpType = "Cast", Name = output };
        cast.Input.Add(half);
        cast.Output.Add(output);
        cast.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = OnnxTensor.Float });
        graph.Node.Add(cast);
        graph.Output[0].Type.TensorType.ElemType = OnnxTensor.Float;
    }
}
