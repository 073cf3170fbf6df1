using System.Buffers.Binary;
using System.IO.Hashing;

namespace HiCorr.Pipeline.Formats.Png;

/// <summary>The IHDR chunk of a grey PNG (PNG specification, section 11.2.2).</summary>
internal readonly record struct PngHeader(int Width, int Height, int BitDepth)
{
    public const int Grey = 0;
    public const int Length = 13;

    /// <summary>Deflate cannot shrink data further than this, so a larger image than the file allows is a lie.</summary>
    private const long MaximumRatio = 1032;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    public int BytesPerPixel => BitDepth / 8;

    /// <summary>Bytes of one row without its filter byte.</summary>
    public int Stride => Width * BytesPerPixel;

    public static PngHeader Parse(ReadOnlySpan<byte> data, long fileLength, string file)
    {
        if (data.Length != Length) throw new InputException(file, "offset 8, chunk IHDR", $"{Length} bytes", $"{data.Length} bytes");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width is 0 or > 65535 || height is 0 or > 65535)
            throw new InputException(file, "offset 16, chunk IHDR", "a width and height from 1 to 65535", $"{width} x {height}");
        if (data[9] != Grey || data[8] is not (8 or 16))
            throw new InputException(file, "offset 24, chunk IHDR", "a grey image of 8 or 16 bits", $"colour type {data[9]}, {data[8]} bits");
        if (data[10] != 0 || data[11] != 0 || data[12] != 0)
            throw new InputException(file, "offset 26, chunk IHDR", "deflate compression, adaptive filters, no interlacing", $"methods {data[10]}, {data[11]}, {data[12]}");
        var header = new PngHeader((int)width, (int)height, data[8]);
        long raw = (header.Stride + 1L) * header.Height;
        if (raw > fileLength * MaximumRatio || raw > Array.MaxLength)
            throw new InputException(file, "offset 16, chunk IHDR", $"a size that {fileLength} bytes can hold", $"{width} x {height}");
        return header;
    }

    /// <summary>CRC-32 over a chunk's type and data.</summary>
    public static uint Checksum(ReadOnlySpan<byte> typeAndData) => Crc32.HashToUInt32(typeAndData);
}
