using Google.Protobuf;
using static HiCorr.Pipeline.Formats.Onnx.AttributeProto.Types;

namespace HiCorr.Pipeline.Formats.Onnx;

/// <summary>Puts an ONNX graph together, node by node; every method returns the name of the value that it adds.</summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto _graph = new();
    private readonly Dictionary<string, int> _names = [];
    private readonly Dictionary<string, string> _numbers = [];

    /// <param name="name">The tensor's name; a float16 one is widened, so that all arithmetic is float32.</param>
    /// <param name="tensor">A weight, whose data is shared.</param>
    public string Weight(string name, OnnxTensor tensor)
    {
        _graph.Initializer.Add(tensor.ToProto(name));
        return tensor.Type == OnnxTensor.Float ? name : Node("Cast", [name], ("to", (long)OnnxTensor.Float));
    }

    public string Floats(string name, float[] values, params int[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTensor.Float, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)) };
        tensor.Dims.AddRange(shape.Select(extent => (long)extent));
        _graph.Initializer.Add(tensor);
        return name;
    }

    public string Number(double value) => Shared($"number {(float)value:R}", name => Floats(name, [(float)value]));

    /// <summary>A list of integers, as shapes, axes and bounds are given.</summary>
    public string Integers(params long[] values) => Shared($"integers {string.Join(' ', values)}", name =>
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTensor.Int64 };
        tensor.Dims.Add(values.Length);
        tensor.Int64Data.Add(values);
        _graph.Initializer.Add(tensor);
        return name;
    });

    /// <summary>A node of the standard operators with one output.</summary>
    public string Node(string type, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string output = NewName(type);
        AddNode(type, inputs, output, attributes);
        return output;
    }

    /// <summary>A node of another graph, with one output, on other inputs.</summary>
    public string Copy(NodeProto source, string[] inputs)
    {
        string output = NewName(source.OpType);
        AddNode(source.OpType, inputs, output, []);
        _graph.Node[^1].Attribute.AddRange(source.Attribute.Select(attribute => attribute.Clone()));
        return output;
    }

    private string NewName(string type)
    {
        int count = _names[type] = _names.GetValueOrDefault(type) + 1;
        return $"{type.ToLowerInvariant()}_{count}";
    }

    public void Input(string name, params object[] shape) => _graph.Input.Add(Value(name, shape));

    /// <summary>Gives a value the name under which the graph returns it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The output's name.</param>
    /// <param name="shape">Extents: numbers, or names of those that vary.</param>
    public void Output(string value, string name, params object[] shape)
    {
        AddNode("Identity", [value], name, []);
        _graph.Output.Add(Value(name, shape));
    }

    public ModelProto Build(string name, long opset, long irVersion)
    {
        _graph.Name = name;
        var model = new ModelProto { IrVersion = irVersion, ProducerName = "HiCorr", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        return model;
    }

    private string Shared(string name, Func<string, string> make) => _numbers.TryGetValue(name, out string? made) ? made : _numbers[name] = make(name);

    private void AddNode(string type, string[] inputs, string output, (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        foreach ((string name, object value) in attributes) node.Attribute.Add(Attribute(name, value));
        _graph.Node.Add(node);
    }

    private static AttributeProto Attribute(string name, object value) => value switch
    {
        long number => new AttributeProto { Name = name, Type = AttributeType.Int, I = number },
        float number => new AttributeProto { Name = name, Type = AttributeType.Float, F = number },
        string text => new AttributeProto { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(text) },
        long[] list => new AttributeProto { Name = name, Type = AttributeType.Ints, Ints = { list } },
        _ => throw new ArgumentException($"an attribute of type {value.GetType()}"),
    };

    private static ValueInfoProto Value(string name, object[] shape)
    {
        var extents = new TensorShapeProto();
        foreach (object extent in shape)
            extents.Dim.Add(extent is int number ? new TensorShapeProto.Types.Dimension { DimValue = number } : new TensorShapeProto.Types.Dimension { DimParam = (string)extent });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = OnnxTensor.Float, Shape = extents } } };
    }
}
