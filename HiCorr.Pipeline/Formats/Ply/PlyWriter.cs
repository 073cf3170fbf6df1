using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Writes PLY files, complete or not at all.</summary>
public static class PlyWriter
{
    private const int BlockRows = 4096;

    public static void Write(string path, PlyContent content, PlyFormat format = PlyFormat.BinaryLittleEndian)
    {
        List<Column> columns = Columns(content);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(content, columns, format));
            if (format == PlyFormat.Ascii) WriteAscii(stream, content, columns);
            else WriteBinary(stream, content, columns, format == PlyFormat.BinaryBigEndian);
        });
    }

    private static List<Column> Columns(PlyContent content)
    {
        var columns = new List<Column>();
        AddTriple(columns, "float", ["x", "y", "z"], content.Positions, content);
        if (content.Normals is { } normals) AddTriple(columns, "float", ["nx", "ny", "nz"], normals, content);
        if (content.Colors is { } colors) AddTriple(columns, "uchar", ["red", "green", "blue"], colors, content);
        if (content.Alpha) columns.Add(new Column("uchar alpha", null, 0, 0));
        if (content.Labels is { } labels) Add(columns, "uchar label", labels, content);
        if (content.WideLabels is { } wide) Add(columns, "ushort label", wide, content);
        if (content.Confidence is { } confidence) Add(columns, "float confidence", confidence, content);
        return columns;
    }

    private static void AddTriple(List<Column> columns, string type, string[] names, Array values, PlyContent content)
    {
        if (values.Length != content.Count * 3) throw new ArgumentException($"{content.Count} vertices need {content.Count * 3} values of {names[0]}, not {values.Length}.", nameof(values));
        for (int axis = 0; axis < 3; axis++) columns.Add(new Column($"{type} {names[axis]}", values, 3, axis));
    }

    private static void Add(List<Column> columns, string declaration, Array values, PlyContent content)
    {
        if (values.Length != content.Count) throw new ArgumentException($"{content.Count} vertices need as many values of {declaration}, not {values.Length}.", nameof(values));
        columns.Add(new Column(declaration, values, 1, 0));
    }

    private static byte[] Header(PlyContent content, List<Column> columns, PlyFormat format)
    {
        string encoding = format switch
        {
            PlyFormat.Ascii => "ascii",
            PlyFormat.BinaryBigEndian => "binary_big_endian",
            _ => "binary_little_endian",
        };
        var header = new StringBuilder("ply\n").Append(CultureInfo.InvariantCulture, $"format {encoding} 1.0\n");
        foreach (string comment in content.Comments) header.Append(CultureInfo.InvariantCulture, $"comment {comment.ReplaceLineEndings(" ")}\n");
        header.Append(CultureInfo.InvariantCulture, $"element vertex {content.Count}\n");
        foreach (Column column in columns) header.Append(CultureInfo.InvariantCulture, $"property {column.Declaration}\n");
        if (content.Faces.Length > 0) header.Append(CultureInfo.InvariantCulture, $"element face {content.Faces.Length / 3}\nproperty list uchar int vertex_indices\n");
        return Encoding.UTF8.GetBytes(header.Append("end_header\n").ToString());
    }

    private static void WriteBinary(Stream stream, PlyContent content, List<Column> columns, bool bigEndian)
    {
        int stride = columns.Sum(c => c.Size);
        byte[] block = new byte[BlockRows * Math.Max(stride, 13)];
        for (int start = 0; start < content.Count; start += BlockRows)
        {
            int rows = Math.Min(BlockRows, content.Count - start), offset = 0;
            foreach (Column column in columns)
            {
                column.Fill(block, offset, stride, start, rows, bigEndian);
                offset += column.Size;
            }
            stream.Write(block, 0, rows * stride);
        }
        int faces = content.Faces.Length / 3;
        for (int start = 0; start < faces; start += BlockRows)
        {
            int rows = Math.Min(BlockRows, faces - start);
            for (int row = 0; row < rows; row++)
            {
                block[row * 13] = 3;
                for (int corner = 0; corner < 3; corner++)
                {
                    int index = content.Faces[(start + row) * 3 + corner];
                    BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(row * 13 + 1 + corner * 4), bigEndian ? BinaryPrimitives.ReverseEndianness(index) : index);
                }
            }
            stream.Write(block, 0, rows * 13);
        }
    }

    private static void WriteAscii(Stream stream, PlyContent content, List<Column> columns)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        for (int row = 0; row < content.Count; row++)
        {
            for (int c = 0; c < columns.Count; c++)
            {
                if (c > 0) writer.Write(' ');
                writer.Write(columns[c].Format(row));
            }
            writer.WriteLine();
        }
        for (int f = 0; f < content.Faces.Length; f += 3)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"3 {content.Faces[f]} {content.Faces[f + 1]} {content.Faces[f + 2]}"));
    }

    /// <summary>One property: every <paramref name="Step"/>-th value from <paramref name="First"/> on; 255 everywhere without values.</summary>
    private sealed record Column(string Declaration, Array? Values, int Step, int First)
    {
        public int Size => Values switch { float[] => 4, ushort[] => 2, _ => 1 };

        public string Format(int row) => Values switch
        {
            float[] v => v[row * Step + First].ToString("R", CultureInfo.InvariantCulture),
            ushort[] v => v[row * Step + First].ToString(CultureInfo.InvariantCulture),
            byte[] v => v[row * Step + First].ToString(CultureInfo.InvariantCulture),
            _ => "255",
        };

        public void Fill(byte[] block, int offset, int stride, int start, int rows, bool bigEndian)
        {
            for (int row = 0; row < rows; row++)
            {
                Span<byte> target = block.AsSpan(row * stride + offset);
                int index = (start + row) * Step + First;
                switch (Values)
                {
                    case float[] v when bigEndian: BinaryPrimitives.WriteSingleBigEndian(target, v[index]); break;
                    case float[] v: BinaryPrimitives.WriteSingleLittleEndian(target, v[index]); break;
                    case ushort[] v when bigEndian: BinaryPrimitives.WriteUInt16BigEndian(target, v[index]); break;
                    case ushort[] v: BinaryPrimitives.WriteUInt16LittleEndian(target, v[index]); break;
                    case byte[] v: target[0] = v[index]; break;
                    default: target[0] = 255; break;
                }
            }
        }
    }
}
