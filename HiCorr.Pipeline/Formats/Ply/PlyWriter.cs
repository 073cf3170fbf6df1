using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Writes PLY files, complete or not at all.</summary>
public static class PlyWriter
{
    /// <summary>Few enough that a block stays in the near cache.</summary>
    private const int BlockRows = 1024;

    /// <summary>The byte 3 and three indices.</summary>
    private const int FaceBytes = 13;

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
        Add(columns, "float", ["x", "y", "z"], content.Positions, content);
        if (content.Normals is { } normals) Add(columns, "float", ["nx", "ny", "nz"], normals, content);
        if (content.Colors is { } colors) Add(columns, "uchar", ["red", "green", "blue"], colors, content);
        if (content.Alpha) columns.Add(new Column("uchar", ["alpha"], null));
        if (content.Labels is { } labels) Add(columns, "uchar", ["label"], labels, content);
        if (content.WideLabels is { } wide) Add(columns, "ushort", ["label"], wide, content);
        if (content.Confidence is { } confidence) Add(columns, "float", ["confidence"], confidence, content);
        return columns;
    }

    private static void Add(List<Column> columns, string type, string[] names, Array values, PlyContent content)
    {
        if (values.Length != content.Count * names.Length)
            throw new ArgumentException($"{content.Count} vertices need {content.Count * names.Length} values of {string.Join(", ", names)}, not {values.Length}.", nameof(values));
        columns.Add(new Column(type, names, values));
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
        foreach (Column column in columns)
            foreach (string name in column.Names) header.Append(CultureInfo.InvariantCulture, $"property {column.Type} {name}\n");
        if (content.Faces.Length > 0) header.Append(CultureInfo.InvariantCulture, $"element face {content.Faces.Length / 3}\nproperty list uchar int vertex_indices\n");
        return Encoding.UTF8.GetBytes(header.Append("end_header\n").ToString());
    }

    private static void WriteBinary(Stream stream, PlyContent content, List<Column> columns, bool bigEndian)
    {
        int stride = columns.Sum(c => c.RowBytes);
        byte[] block = new byte[BlockRows * Math.Max(stride, FaceBytes)];
        for (int start = 0; start < content.Count; start += BlockRows)
        {
            int rows = Math.Min(BlockRows, content.Count - start), offset = 0;
            foreach (Column column in columns)
            {
                column.Fill(block, offset, stride, start, rows, bigEndian);
                offset += column.RowBytes;
            }
            stream.Write(block, 0, rows * stride);
        }
        var corners = new Column("int", ["a", "b", "c"], content.Faces);
        int faces = content.Faces.Length / 3;
        for (int row = 0; row < Math.Min(BlockRows, faces); row++) block[row * FaceBytes] = 3;
        for (int start = 0; start < faces; start += BlockRows)
        {
            int rows = Math.Min(BlockRows, faces - start);
            corners.Fill(block, 1, FaceBytes, start, rows, bigEndian);
            stream.Write(block, 0, rows * FaceBytes);
        }
    }

    private static void WriteAscii(Stream stream, PlyContent content, List<Column> columns)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        for (int row = 0; row < content.Count; row++)
        {
            for (int c = 0; c < columns.Count; c++)
                for (int i = 0; i < columns[c].Names.Length; i++)
                {
                    if (c + i > 0) writer.Write(' ');
                    writer.Write(columns[c].Format(row * columns[c].Names.Length + i));
                }
            writer.WriteLine();
        }
        for (int f = 0; f < content.Faces.Length; f += 3)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"3 {content.Faces[f]} {content.Faces[f + 1]} {content.Faces[f + 2]}"));
    }

    /// <summary>Properties whose values lie side by side in memory as they do in the file; 255 everywhere without values.</summary>
    private sealed record Column(string Type, string[] Names, Array? Values)
    {
        public int RowBytes => ValueBytes * Names.Length;

        private int ValueBytes => Values switch { float[] or int[] => 4, ushort[] => 2, _ => 1 };

        public string Format(int index) => Values switch
        {
            float[] v => v[index].ToString("R", CultureInfo.InvariantCulture),
            ushort[] v => v[index].ToString(CultureInfo.InvariantCulture),
            byte[] v => v[index].ToString(CultureInfo.InvariantCulture),
            _ => "255",
        };

        public void Fill(byte[] block, int offset, int stride, int start, int rows, bool bigEndian)
        {
            if (Values is null)
            {
                for (int row = 0; row < rows; row++) block[row * stride + offset] = 255;
                return;
            }
            CopyRows(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Values), (nint)start * RowBytes), ref block[offset], RowBytes, stride, rows);
            if (!bigEndian || ValueBytes == 1) return;
            for (int row = 0; row < rows; row++)
                for (int i = 0; i < RowBytes; i += ValueBytes) block.AsSpan(row * stride + offset + i, ValueBytes).Reverse();
        }

        /// <summary>A loop for each width that occurs: the copy of a few bytes is then one or two moves.</summary>
        private static void CopyRows(ref byte from, ref byte to, int bytes, int stride, int rows)
        {
            for (nint row = 0; row < rows && bytes == 1; row++) Unsafe.Add(ref to, row * stride) = Unsafe.Add(ref from, row);
            for (nint row = 0; row < rows && bytes == 2; row++) Move<ushort>(ref Unsafe.Add(ref from, row * 2), ref Unsafe.Add(ref to, row * stride));
            for (nint row = 0; row < rows && bytes == 3; row++)
            {
                Move<ushort>(ref Unsafe.Add(ref from, row * 3), ref Unsafe.Add(ref to, row * stride));
                Unsafe.Add(ref to, row * stride + 2) = Unsafe.Add(ref from, row * 3 + 2);
            }
            for (nint row = 0; row < rows && bytes == 4; row++) Move<uint>(ref Unsafe.Add(ref from, row * 4), ref Unsafe.Add(ref to, row * stride));
            for (nint row = 0; row < rows && bytes == 12; row++)
            {
                Move<ulong>(ref Unsafe.Add(ref from, row * 12), ref Unsafe.Add(ref to, row * stride));
                Move<uint>(ref Unsafe.Add(ref from, row * 12 + 8), ref Unsafe.Add(ref to, row * stride + 8));
            }
        }

        private static void Move<T>(ref byte from, ref byte to) where T : unmanaged => Unsafe.WriteUnaligned(ref to, Unsafe.ReadUnaligned<T>(ref from));
    }
}
