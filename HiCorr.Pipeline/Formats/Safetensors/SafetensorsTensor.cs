using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Formats.Safetensors;

/// <summary>A named array in a safetensors file, rows last index fastest; float32 or int64.</summary>
public sealed class SafetensorsTensor
{
    private readonly Array _data;

    /// <param name="name">Unique within the file.</param>
    /// <param name="shape">Its product is the length of the data; empty for a single number.</param>
    /// <param name="data">The elements, not copied.</param>
    public SafetensorsTensor(string name, int[] shape, float[] data) : this(name, shape, data, "F32", sizeof(float)) { }

    /// <inheritdoc cref="SafetensorsTensor(string, int[], float[])"/>
    public SafetensorsTensor(string name, int[] shape, long[] data) : this(name, shape, data, "I64", sizeof(long)) { }

    private SafetensorsTensor(string name, int[] shape, Array data, string type, int elementSize)
    {
        long count = 1;
        foreach (int extent in shape) count = checked(count * extent);
        if (count != data.Length) throw new ArgumentException($"tensor '{name}' of shape [{string.Join(", ", shape)}] holds {data.Length} elements", nameof(data));
        (Name, Shape, _data, Type, ElementSize) = (name, shape, data, type, elementSize);
    }

    public string Name { get; }

    public int[] Shape { get; }

    /// <summary>The format's name of the element type: "F32" or "I64".</summary>
    public string Type { get; }

    internal int ElementSize { get; }

    internal long ByteCount => (long)_data.Length * ElementSize;

    /// <summary>The elements of a float32 tensor, null for another type.</summary>
    public float[]? Floats => _data as float[];

    /// <summary>The elements of an int64 tensor, null for another type.</summary>
    public long[]? Integers => _data as long[];

    /// <summary>Hands the elements, as they lie in the file, to <paramref name="use"/> in pieces that a span can hold.</summary>
    internal void ForEachBlock(SpanAction use)
    {
        const int BlockElements = 1 << 22;
        for (int start = 0; start < _data.Length; start += BlockElements)
        {
            int count = Math.Min(BlockElements, _data.Length - start);
            use(_data is float[] floats
                ? MemoryMarshal.AsBytes(floats.AsSpan(start, count))
                : MemoryMarshal.AsBytes(((long[])_data).AsSpan(start, count)));
        }
    }

    internal delegate void SpanAction(Span<byte> bytes);
}
