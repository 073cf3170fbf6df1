using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>The part of a model that some of its values need.</summary>
internal static class GraphPart
{
    /// <summary>A copy that returns one value; nodes, weights and inputs that it does not need are gone. Weights share their data with the model.</summary>
    /// <param name="value">The value, of which any node or the graph's own output list knows the type.</param>
    public static ModelProto Of(OnnxModel model, string value)
    {
        ModelProto part = model.Proto.Clone();
        GraphProto graph = part.Graph;
        var kept = new NodeGraph(model with { Proto = part }).Ancestors([value]);
        HashSet<string> needed = [value, .. kept.SelectMany(NodeGraph.Needs)];
        ValueInfoProto output = graph.Output.FirstOrDefault(candidate => candidate.Name == value) ?? new ValueInfoProto { Name = value };
        graph.Node.Clear();
        graph.Node.AddRange(kept);
        Keep(graph.Initializer, graph.Initializer.Where(tensor => needed.Contains(tensor.Name)));
        Keep(graph.Input, graph.Input.Where(input => needed.Contains(input.Name)));
        Keep(graph.Output, [output]);
        return part;
    }

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> list, IEnumerable<T> items)
    {
        T[] kept = [.. items];
        list.Clear();
        list.AddRange(kept);
    }
}
