using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Reads the binary encodings: one pass per column over rows of fixed size, one pass over lists.</summary>
internal ref struct PlyBinary(ReadOnlySpan<byte> file, int offset, bool bigEndian, string name)
{
    private const int BlockRows = 1024;
    private readonly ReadOnlySpan<byte> _file = file;
    private int _offset = offset;

    public readonly int Offset => _offset;

    public readonly int Left => _file.Length - _offset;

    /// <summary>Columns of an element without lists.</summary>
    public List<PlyColumn> ReadColumns(PlyElement element)
    {
        int stride = element.Stride, count = (int)element.Count;
        ReadOnlySpan<byte> rows = Take(element.Count * stride, element);
        var columns = new List<PlyColumn>();
        foreach (PlyProperty property in element.Properties)
        {
            columns.Add(new PlyColumn(property.Name, property.Type, property.Type switch
            {
                PlyType.Int8 => new sbyte[count],
                PlyType.UInt8 => new byte[count],
                PlyType.Int16 => new short[count],
                PlyType.UInt16 => new ushort[count],
                PlyType.Int32 => new int[count],
                PlyType.UInt32 => new uint[count],
                PlyType.Float32 => new float[count],
                _ => new double[count],
            }));
        }
        // Block by block, so that the rows are in the near cache for every column but the first.
        for (int first = 0; first < count; first += BlockRows)
        {
            ref byte block = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nint)first * stride);
            for (int p = 0; p < columns.Count; p++)
            {
                Gather(ref block, stride, columns[p].Values, first, Math.Min(BlockRows, count - first), element.Properties[p].Size);
                block = ref Unsafe.Add(ref block, element.Properties[p].Size);
            }
        }
        return columns;
    }

    /// <summary>Triangles of the faces; longer polygons become fans around their first vertex.</summary>
    /// <param name="element">The face element.</param>
    /// <param name="list">Its vertex index list.</param>
    /// <param name="vertices">Number of vertices that indices may name.</param>
    public int[] ReadFaces(PlyElement element, PlyProperty list, int vertices)
    {
        if (element.Count * element.Stride > Left) Take(element.Count * element.Stride, element);
        bool usual = element.Properties.Count == 1 && list.CountType is PlyType.UInt8 && list.Type is PlyType.Int32 or PlyType.UInt32;
        var triangles = new TriangleList((int)element.Count, vertices, name);
        int face = usual ? ReadTriangles(triangles, (int)element.Count) : 0;
        var corners = new List<int>();
        for (; face < element.Count; face++)
        {
            corners.Clear();
            foreach (PlyProperty property in element.Properties)
            {
                if (ReferenceEquals(property, list)) ReadList(property, element, face, corners);
                else Skip(property, element, face);
            }
            triangles.AddPolygon(CollectionsMarshal.AsSpan(corners), face);
        }
        return triangles.ToArray();
    }

    /// <summary>Passes over an element that nobody wants.</summary>
    public void Skip(PlyElement element)
    {
        if (!element.HasLists) Take(element.Count * element.Stride, element);
        else
            for (int row = 0; row < element.Count; row++)
                foreach (PlyProperty property in element.Properties) Skip(property, element, row);
    }

    /// <summary>The usual layout, a byte 3 and three 32-bit indices; stops at the first face of another length.</summary>
    private int ReadTriangles(TriangleList triangles, int count)
    {
        const int Stride = 13;
        int face = 0;
        ref byte start = ref MemoryMarshal.GetReference(_file);
        for (; face < count && Left >= Stride; face++)
        {
            ref byte row = ref Unsafe.Add(ref start, _offset);
            if (row != 3) break;
            int a = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, 1)), b = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, 5)),
                c = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, 9));
            if (bigEndian) (a, b, c) = (BinaryPrimitives.ReverseEndianness(a), BinaryPrimitives.ReverseEndianness(b), BinaryPrimitives.ReverseEndianness(c));
            triangles.Add(a, b, c, face);
            _offset += Stride;
        }
        return face;
    }

    private void ReadList(PlyProperty list, PlyElement element, int row, List<int> values)
    {
        long count = ReadCount(list, element, row);
        ReadOnlySpan<byte> bytes = Take(count * PlyTypes.SizeOf(list.Type), element, row);
        for (int i = 0; i < count; i++)
        {
            double value = Scalar(bytes[(i * PlyTypes.SizeOf(list.Type))..], list.Type);
            values.Add(value is >= 0 and <= int.MaxValue ? (int)value : -1);
        }
    }

    private void Skip(PlyProperty property, PlyElement element, int row) =>
        Take(property.IsList ? ReadCount(property, element, row) * PlyTypes.SizeOf(property.Type) : property.Size, element, row);

    private long ReadCount(PlyProperty list, PlyElement element, int row)
    {
        int at = _offset;
        double count = Scalar(Take(list.Size, element, row), list.CountType!.Value);
        return count >= 0 ? (long)count : throw new InputException(name, $"offset {at}, {element.Name} {row}, property '{list.Name}'", "a list of 0 or more", $"{count}");
    }

    private ReadOnlySpan<byte> Take(long length, PlyElement element, int row = -1)
    {
        if (length > Left)
        {
            string where = row < 0 ? $"the {element.Count} rows of element '{element.Name}'" : $"{element.Name} {row}";
            throw new InputException(name, $"offset {_offset}", $"{length} bytes for {where}", $"{Left} bytes to the end of the file", "The file is truncated or damaged");
        }
        ReadOnlySpan<byte> taken = _file.Slice(_offset, (int)length);
        _offset += (int)length;
        return taken;
    }

    private readonly double Scalar(ReadOnlySpan<byte> b, PlyType type) => type switch
    {
        PlyType.Int8 => (sbyte)b[0],
        PlyType.UInt8 => b[0],
        PlyType.Int16 => bigEndian ? BinaryPrimitives.ReadInt16BigEndian(b) : BinaryPrimitives.ReadInt16LittleEndian(b),
        PlyType.UInt16 => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(b) : BinaryPrimitives.ReadUInt16LittleEndian(b),
        PlyType.Int32 => bigEndian ? BinaryPrimitives.ReadInt32BigEndian(b) : BinaryPrimitives.ReadInt32LittleEndian(b),
        PlyType.UInt32 => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(b) : BinaryPrimitives.ReadUInt32LittleEndian(b),
        PlyType.Float32 => bigEndian ? BinaryPrimitives.ReadSingleBigEndian(b) : BinaryPrimitives.ReadSingleLittleEndian(b),
        _ => bigEndian ? BinaryPrimitives.ReadDoubleBigEndian(b) : BinaryPrimitives.ReadDoubleLittleEndian(b),
    };

    /// <summary>One value of <paramref name="size"/> bytes from every row. By size and not by type, because generic code is compiled at every start.</summary>
    private readonly void Gather(ref byte first, int stride, Array values, int start, int count, int size)
    {
        ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(values), (nint)start * size);
        switch (size)
        {
            case 1:
                for (nint i = 0; i < count; i++) Unsafe.Add(ref target, i) = Unsafe.Add(ref first, i * stride);
                break;
            case 2:
                for (nint i = 0; i < count; i++)
                {
                    short value = Unsafe.ReadUnaligned<short>(ref Unsafe.Add(ref first, i * stride));
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i * 2), bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
                }
                break;
            case 4:
                for (nint i = 0; i < count; i++)
                {
                    int value = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref first, i * stride));
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i * 4), bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
                }
                break;
            default:
                for (nint i = 0; i < count; i++)
                {
                    long value = Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref first, i * stride));
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i * 8), bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
                }
                break;
        }
    }
}
