using System.Runtime.InteropServices;
using Google.Protobuf;

namespace HiCorr.Pipeline.Formats.Onnx;

/// <summary>A constant tensor of a model, its size checked against its data; the data is touched only where it is asked for.</summary>
internal sealed class OnnxTensor
{
    public const int Float = 1, Int32 = 6, Int64 = 7, Float16 = 10, Double = 11;

    private readonly string _model;
    private readonly TensorProto _proto;

    /// <exception cref="ArtefactException">Negative or far too large extents, or data of another size.</exception>
    public OnnxTensor(string model, TensorProto proto)
    {
        (_model, _proto) = (model, proto);
        long count = 1;
        foreach (long extent in proto.Dims)
        {
            if (extent is < 0 or > int.MaxValue || (count *= extent) > int.MaxValue) throw Mismatch("extents from 0, at most 2^31 elements", $"[{string.Join(", ", proto.Dims)}]");
        }
        (Shape, Count) = ([.. proto.Dims.Select(extent => (int)extent)], (int)count);
        if (ElementSize == 0) return; // of a type that no weight has; whoever asks for its values is told
        long bytes = (long)Count * ElementSize;
        if (bytes > int.MaxValue) throw Mismatch($"at most {int.MaxValue} bytes", $"{bytes}");
        if (IsExternal) return;
        if (proto.HasRawData && proto.RawData.Length != bytes) throw Mismatch($"{bytes} bytes of raw_data for its shape [{string.Join(", ", Shape)}]", $"{proto.RawData.Length}");
        int typed = Type switch { Float => proto.FloatData.Count, Int64 => proto.Int64Data.Count, Double => proto.DoubleData.Count, _ => proto.Int32Data.Count };
        if (!proto.HasRawData && typed != Count) throw Mismatch($"{Count} values for its shape [{string.Join(", ", Shape)}]", $"{typed}");
    }

    public string Name => _proto.Name;

    public int[] Shape { get; }

    public int Count { get; }

    public int Type => _proto.DataType;

    public bool IsFloat => Type is Float or Float16 or Double;

    /// <summary>Bytes of an element; 0 for a type whose values HiCorr does not read.</summary>
    public int ElementSize => Type switch { Float or Int32 => 4, Int64 or Double => 8, Float16 => 2, _ => 0 };

    private bool IsExternal => _proto.DataLocation == TensorProto.Types.DataLocation.External;

    public float[] Floats() => Type switch
    {
        Float => MemoryMarshal.Cast<byte, float>(Bytes().Span).ToArray(),
        Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(Bytes().Span).ToArray(), value => (float)value),
        Double => Array.ConvertAll(MemoryMarshal.Cast<byte, double>(Bytes().Span).ToArray(), value => (float)value),
        _ => throw Mismatch("float32, float16 or float64 values", $"ONNX data type {Type}"),
    };

    public long[] Integers() => Type switch
    {
        Int64 => MemoryMarshal.Cast<byte, long>(Bytes().Span).ToArray(),
        Int32 => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(Bytes().Span).ToArray(), value => (long)value),
        _ => throw Mismatch("int32 or int64 values", $"ONNX data type {Type}"),
    };

    /// <summary>The only value of a tensor with one element, a weight's or a number's.</summary>
    public double Scalar() => IsFloat ? Floats()[0] : Integers()[0];

    /// <summary>The message itself, under another name; its data is shared.</summary>
    public TensorProto ToProto(string name)
    {
        TensorProto proto = _proto.Clone();
        proto.Name = name;
        return proto;
    }

    /// <summary>The same elements as one row.</summary>
    public OnnxTensor Flatten()
    {
        TensorProto proto = _proto.Clone();
        proto.Dims.Clear();
        proto.Dims.Add(Count);
        return new OnnxTensor(_model, proto);
    }

    /// <summary>[n, m] as [m, n].</summary>
    public OnnxTensor Transpose()
    {
        ReadOnlySpan<byte> source = Bytes().Span;
        byte[] target = new byte[source.Length];
        int rows = Shape[0], columns = Shape[1], size = ElementSize;
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) source.Slice((row * columns + column) * size, size).CopyTo(target.AsSpan((column * rows + row) * size));
        return Raw(target, columns, rows);
    }

    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> equal ones along the axis.</summary>
    public OnnxTensor Part(int index, int parts, int axis)
    {
        int outer = 1, inner = ElementSize;
        for (int i = 0; i < axis; i++) outer *= Shape[i];
        for (int i = axis + 1; i < Shape.Length; i++) inner *= Shape[i];
        int extent = Shape[axis] / parts, block = extent * inner;
        ReadOnlySpan<byte> source = Bytes().Span;
        byte[] target = new byte[outer * block];
        for (int i = 0; i < outer; i++) source.Slice((i * parts + index) * block, block).CopyTo(target.AsSpan(i * block));
        int[] shape = [.. Shape];
        shape[axis] = extent;
        return Raw(target, shape);
    }

    public ArtefactException Mismatch(string expected, string found, string? hint = null) => new(_model, $"initializer '{_proto.Name}'", expected, found, hint);

    private OnnxTensor Raw(byte[] data, params int[] shape)
    {
        var proto = new TensorProto { Name = _proto.Name, DataType = Type, RawData = UnsafeByteOperations.UnsafeWrap(data) };
        proto.Dims.AddRange(shape.Select(extent => (long)extent));
        return new OnnxTensor(_model, proto);
    }

    private ReadOnlyMemory<byte> Bytes()
    {
        if (IsExternal) return ExternalData.Locate(_model, _proto, (long)Count * ElementSize).Read();
        if (_proto.HasRawData) return _proto.RawData.Memory;
        return Type switch
        {
            Float => Encode<float>([.. _proto.FloatData]),
            Int64 => Encode<long>([.. _proto.Int64Data]),
            Double => Encode<double>([.. _proto.DoubleData]),
            Int32 => Encode<int>([.. _proto.Int32Data]),
            _ => Encode<ushort>([.. _proto.Int32Data.Select(bits => (ushort)bits)]),
        };
    }

    private static byte[] Encode<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
