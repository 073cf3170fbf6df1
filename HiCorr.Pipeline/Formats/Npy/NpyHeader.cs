using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HiCorr.Pipeline.Formats.Npy;

/// <summary>What stands before the numbers of a NumPy array file (versions 1 to 3 of the format).</summary>
/// <param name="Descriptor">Element type as NumPy writes it, byte order first, for example "&lt;f4".</param>
/// <param name="Shape">Length of every axis; empty for a scalar.</param>
/// <param name="DataOffset">Where the numbers start.</param>
public sealed partial record NpyHeader(string Descriptor, int[] Shape, int DataOffset)
{
    private const int Alignment = 64;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Number of elements.</summary>
    public int Count
    {
        get
        {
            int count = 1;
            foreach (int length in Shape) count *= length;
            return count;
        }
    }

    /// <summary>Size of the first bytes that tell how long the header is.</summary>
    internal const int PrefixLength = 12;

    /// <summary>Length of the whole header, from its first <see cref="PrefixLength"/> bytes.</summary>
    internal static int ReadLength(ReadOnlySpan<byte> prefix, long fileLength, string file)
    {
        if (prefix.Length < 10 || !prefix[..6].SequenceEqual(Magic))
            throw new InputException(file, "offset 0", "the signature of a NumPy array (.npy)", Bytes.Show(prefix));
        byte version = prefix[6];
        if (version is < 1 or > 3) throw new InputException(file, "offset 6", "format version 1, 2 or 3", Invariant(version));
        if (version > 1 && prefix.Length < PrefixLength) throw new InputException(file, "offset 8", "a header length", "the end of the file");
        long length = version == 1 ? 10L + BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..]) : 12L + BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        if (length > fileLength) throw new InputException(file, "offset 8", $"a header of at most {fileLength} bytes, the file's size", $"{length} bytes");
        return (int)Math.Min(length, int.MaxValue);
    }

    /// <summary>Reads the dictionary; <paramref name="header"/> is everything before the numbers.</summary>
    internal static NpyHeader Parse(ReadOnlySpan<byte> header, string file)
    {
        string text = Encoding.UTF8.GetString(header[(header[6] == 1 ? 10 : 12)..]);
        Match descriptor = DescriptorPattern().Match(text);
        if (!descriptor.Success) throw new InputException(file, "header field 'descr'", "an element type", Bytes.Show(text));
        Match order = OrderPattern().Match(text);
        if (!order.Success) throw new InputException(file, "header field 'fortran_order'", "True or False", Bytes.Show(text));
        Match shape = ShapePattern().Match(text);
        if (!shape.Success) throw new InputException(file, "header field 'shape'", "a tuple of lengths", Bytes.Show(text));
        int[] lengths = ParseShape(shape.Groups[1].Value, file);
        if (order.Groups[1].Value == "True" && lengths.Length > 1)
            throw new InputException(file, "header field 'fortran_order'", "False", "True", "Save it with numpy.ascontiguousarray");
        return new NpyHeader(descriptor.Groups[1].Value, lengths, header.Length);
    }

    /// <summary>The header in format version 1, padded so that the numbers are aligned.</summary>
    internal byte[] ToBytes()
    {
        string shape = Shape.Length == 1 ? $"({Invariant(Shape[0])},)" : $"({string.Join(", ", Shape.Select(Invariant))})";
        string text = $"{{'descr': '{Descriptor}', 'fortran_order': False, 'shape': {shape}, }}";
        int length = (10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] bytes = new byte[length];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(length - 10));
        bytes.AsSpan(10).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(10));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    private static int[] ParseShape(string tuple, string file)
    {
        string[] parts = tuple.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int[] lengths = new int[parts.Length];
        long count = 1;
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i].TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out lengths[i]))
                throw new InputException(file, "header field 'shape'", $"lengths from 0 to {int.MaxValue}", $"'{parts[i]}'");
            count *= lengths[i];
            if (count > Array.MaxLength)
                throw new InputException(file, "header field 'shape'", $"at most {Array.MaxLength} elements", $"({tuple.Trim()})");
        }
        return lengths;
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"['""]descr['""]\s*:\s*['""]([^'""]+)['""]")] private static partial Regex DescriptorPattern();
    [GeneratedRegex(@"['""]fortran_order['""]\s*:\s*(True|False)")] private static partial Regex OrderPattern();
    [GeneratedRegex(@"['""]shape['""]\s*:\s*\(([^)]*)\)")] private static partial Regex ShapePattern();
}
