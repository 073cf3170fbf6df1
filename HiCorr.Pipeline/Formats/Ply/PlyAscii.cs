using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Reads the ascii encoding, value by value; line breaks count as any other blank.</summary>
internal ref struct PlyAscii(ReadOnlySpan<byte> file, int offset, string name)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _offset = offset;

    public List<PlyColumn> ReadColumns(PlyElement element)
    {
        CheckCount(element);
        var values = new Array[element.Properties.Count];
        for (int p = 0; p < values.Length; p++)
        {
            // Wide enough for every type, so that the inner loop needs no choice.
            values[p] = PlyTypes.IsReal(element.Properties[p].Type) ? new double[element.Count] : new long[element.Count];
        }
        for (int row = 0; row < element.Count; row++)
        {
            for (int p = 0; p < values.Length; p++)
            {
                if (values[p] is double[] reals) reals[row] = ReadReal(element, row, p);
                else ((long[])values[p])[row] = ReadWhole(element.Properties[p].Type, element, row, p);
            }
        }
        var columns = new List<PlyColumn>();
        for (int p = 0; p < values.Length; p++)
            columns.Add(new PlyColumn(element.Properties[p].Name, element.Properties[p].Type, Narrow(values[p], element.Properties[p].Type)));
        return columns;
    }

    public int[] ReadFaces(PlyElement element, PlyProperty list, int vertices)
    {
        CheckCount(element);
        var triangles = new TriangleList((int)element.Count, vertices, name);
        var corners = new List<int>();
        for (int face = 0; face < element.Count; face++)
        {
            corners.Clear();
            for (int p = 0; p < element.Properties.Count; p++)
            {
                PlyProperty property = element.Properties[p];
                long count = property.IsList ? ReadWhole(property.CountType!.Value, element, face, p) : 1;
                if (count < 0) throw new InputException(name, Where(element, face, p), "a list of 0 or more", $"{count}");
                for (long i = 0; i < count; i++)
                {
                    if (!ReferenceEquals(property, list)) Token(element, face, p);
                    else corners.Add((int)Math.Clamp(ReadWhole(property.Type, element, face, p), -1, int.MaxValue));
                }
            }
            triangles.AddPolygon(CollectionsMarshal.AsSpan(corners), face);
        }
        return triangles.ToArray();
    }

    public void Skip(PlyElement element)
    {
        CheckCount(element);
        for (int row = 0; row < element.Count; row++)
            for (int p = 0; p < element.Properties.Count; p++)
            {
                PlyProperty property = element.Properties[p];
                long count = property.IsList ? ReadWhole(property.CountType!.Value, element, row, p) : 1;
                for (long i = 0; i < count; i++) Token(element, row, p);
            }
    }

    /// <summary>Every value takes a digit and a blank, the last one perhaps no blank.</summary>
    private readonly void CheckCount(PlyElement element)
    {
        long least = element.Count * element.Properties.Count * 2 - 1;
        if (least > _file.Length - _offset)
            throw new InputException(name, $"offset {_offset}", $"{element.Count} rows of element '{element.Name}'", $"{_file.Length - _offset} bytes to the end of the file", "The file is truncated or damaged");
    }

    private double ReadReal(PlyElement element, int row, int property)
    {
        ReadOnlySpan<byte> token = Token(element, row, property);
        return double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : throw new InputException(name, Where(element, row, property), "a number", Show(token));
    }

    private long ReadWhole(PlyType type, PlyElement element, int row, int property)
    {
        ReadOnlySpan<byte> token = Token(element, row, property);
        if (!Utf8Parser.TryParse(token, out long value, out int used) || used != token.Length)
        {
            // Some programs write whole numbers as 3.000000.
            if (!double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) || real != Math.Floor(real) || Math.Abs(real) > uint.MaxValue)
                throw new InputException(name, Where(element, row, property), "a whole number", Show(token));
            value = (long)real;
        }
        (long least, long most) = Range(type);
        if (value < least || value > most) throw new InputException(name, Where(element, row, property), $"a number from {least} to {most}", Show(token));
        return value;
    }

    private ReadOnlySpan<byte> Token(PlyElement element, int row, int property)
    {
        int start = _offset;
        while (start < _file.Length && _file[start] <= ' ') start++;
        int end = start;
        while (end < _file.Length && _file[end] > ' ') end++;
        if (start == end) throw new InputException(name, Where(element, row, property), "a value", "the end of the file", "The file is truncated");
        _offset = end;
        return _file[start..end];
    }

    private readonly string Where(PlyElement element, int row, int property) =>
        $"offset {_offset}, {element.Name} {row}, property '{element.Properties[property].Name}'";

    private static string Show(ReadOnlySpan<byte> token) => Bytes.Show(System.Text.Encoding.Latin1.GetString(token[..Math.Min(token.Length, 64)]));

    private static (long Least, long Most) Range(PlyType type) => type switch
    {
        PlyType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        PlyType.UInt8 => (0, byte.MaxValue),
        PlyType.Int16 => (short.MinValue, short.MaxValue),
        PlyType.UInt16 => (0, ushort.MaxValue),
        PlyType.Int32 => (int.MinValue, int.MaxValue),
        _ => (0, uint.MaxValue),
    };

    private static Array Narrow(Array values, PlyType type) => type switch
    {
        PlyType.Int8 => Array.ConvertAll((long[])values, v => (sbyte)v),
        PlyType.UInt8 => Array.ConvertAll((long[])values, v => (byte)v),
        PlyType.Int16 => Array.ConvertAll((long[])values, v => (short)v),
        PlyType.UInt16 => Array.ConvertAll((long[])values, v => (ushort)v),
        PlyType.Int32 => Array.ConvertAll((long[])values, v => (int)v),
        PlyType.UInt32 => Array.ConvertAll((long[])values, v => (uint)v),
        PlyType.Float32 => Array.ConvertAll((double[])values, v => (float)v),
        _ => values,
    };
}
