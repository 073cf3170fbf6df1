using HiCorr.Pipeline.Formats.Onnx;
using MathNet.Numerics;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>
/// Tells which GELU the nodes after a value compute by computing them at a few points: exporters write the same function in many orders.
/// </summary>
internal sealed class GeluProbe(NodeGraph graph)
{
    private static readonly double[] Points = [-6, -2.5, -1, -0.3, 0, 0.4, 1.3, 2.2, 5];

    /// <summary>Half of the smallest difference between two of the functions at the points; constants are float16 in some graphs.</summary>
    private const double Tolerance = 2e-3;

    /// <summary>More nodes than any form of a GELU has.</summary>
    private const int MaxNodes = 24;

    /// <exception cref="ArtefactException">The nodes are no GELU.</exception>
    public (GeluKind Kind, string Output) Identify(string input)
    {
        var values = new Dictionary<string, double[]> { [graph.Origin(input)] = Points };
        var pending = new Queue<string>([input]);
        string last = input;
        for (int count = 0; count < MaxNodes && pending.TryDequeue(out string? value); count++)
            foreach (Use use in graph.Uses(value))
            {
                NodeProto node = use.Node;
                if (values.ContainsKey(node.Output[0]) || Evaluate(node, values) is not { } result) continue;
                values[node.Output[0]] = result;
                last = node.Output[0];
                pending.Enqueue(last);
            }
        double[] found = values[graph.Origin(last)];
        foreach (GeluKind kind in Enum.GetValues<GeluKind>())
            if (Points.Zip(found).All(pair => Math.Abs(Gelu(kind, pair.First) - pair.Second) < Tolerance)) return (kind, last);
        throw graph.Mismatch(graph.Maker(input)!, "GELU or QuickGELU after it", last == input
            ? NodeGraph.Describe(graph.Uses(input))
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a function that is {found[2]:0.####} at -1 and {found[6]:0.####} at 1.3, up to {NodeGraph.Describe(graph.Maker(last)!)}"));
    }

    public static double Gelu(GeluKind kind, double x) => kind switch
    {
        GeluKind.Quick => x / (1 + Math.Exp(-1.702 * x)),
        GeluKind.Erf => x / 2 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))),
        _ => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
    };

    /// <summary>Null where the node is of another kind, or an input of it is not known (yet).</summary>
    private double[]? Evaluate(NodeProto node, Dictionary<string, double[]> values)
    {
        Func<double, double>? one = node.OpType switch
        {
            "Sigmoid" => x => 1 / (1 + Math.Exp(-x)),
            "Erf" => SpecialFunctions.Erf,
            "Tanh" => Math.Tanh,
            "Gelu" => x => Gelu(NodeGraph.Attribute(node, "approximate")?.S.ToStringUtf8() == "tanh" ? GeluKind.Tanh : GeluKind.Erf, x),
            "QuickGelu" => x => x / (1 + Math.Exp(-(NodeGraph.Attribute(node, "alpha")?.F ?? 1.702f) * x)),
            _ => null,
        };
        if (one is not null) return Operand(node.Input[0], values) is { } x ? Array.ConvertAll(x, value => one(value)) : null;
        Func<double, double, double>? two = node.OpType switch
        {
            "Add" => (a, b) => a + b,
            "Sub" => (a, b) => a - b,
            "Mul" => (a, b) => a * b,
            "Div" => (a, b) => a / b,
            "Pow" => Math.Pow,
            _ => null,
        };
        if (two is null) return null;
        return Operand(node.Input[0], values) is { } left && Operand(node.Input[1], values) is { } right ? [.. left.Zip(right, two)] : null;
    }

    private double[]? Operand(string value, Dictionary<string, double[]> values)
    {
        if (values.TryGetValue(graph.Origin(value), out double[]? known)) return known;
        return graph.Number(value) is { } number ? [.. Points.Select(_ => number)] : null;
    }
}
