using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using HiCorr.Pipeline.Scenes;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Png;

/// <summary>Reads grey PNG images: depth maps of 16 bits and label maps of 8 bits.</summary>
/// <exception cref="InputException">The file is missing, truncated, damaged (every checksum is verified) or of another kind.</exception>
public static class PngReader
{
    private const int FirstChunk = 8;

    public static DepthImage ReadGray16(string path) => ReadGray16(InputFile.ReadBytes(path), path);

    /// <summary>A depth map; samples of an 8-bit image are taken as they are.</summary>
    public static DepthImage ReadGray16(ReadOnlySpan<byte> png, string name)
    {
        PngHeader header = ReadHeader(png, name);
        ushort[] samples = GC.AllocateUninitializedArray<ushort>(header.Width * header.Height);
        if (header.BitDepth == 16)
        {
            Decode(png, header, MemoryMarshal.AsBytes(samples.AsSpan()), name);
            BinaryPrimitives.ReverseEndianness(samples, samples);
        }
        else
        {
            byte[] narrow = new byte[samples.Length];
            Decode(png, header, narrow, name);
            for (int i = 0; i < narrow.Length; i++) samples[i] = narrow[i];
        }
        return new DepthImage(header.Width, header.Height, samples);
    }

    public static GrayImage ReadGray8(string path) => ReadGray8(InputFile.ReadBytes(path), path);

    /// <summary>A map of labels or other bytes; 16-bit images are refused.</summary>
    public static GrayImage ReadGray8(ReadOnlySpan<byte> png, string name)
    {
        PngHeader header = ReadHeader(png, name);
        if (header.BitDepth != 8) throw new InputException(name, "offset 24, chunk IHDR", "8 bits a sample", $"{header.BitDepth}");
        byte[] samples = GC.AllocateUninitializedArray<byte>(header.Width * header.Height);
        Decode(png, header, samples, name);
        return new GrayImage(header.Width, header.Height, samples);
    }

    /// <summary>Width and height from the first bytes of the file alone.</summary>
    public static (int Width, int Height) ReadSize(string path)
    {
        using SafeFileHandle handle = InputFile.Open(path);
        long length = InputFile.Length(handle, path);
        byte[] start = new byte[Math.Min(length, FirstChunk + PngHeader.Length + 12)];
        InputFile.ReadExactly(handle, start, 0, path);
        PngHeader header = ReadHeader(start, path, length);
        return (header.Width, header.Height);
    }

    private static PngHeader ReadHeader(ReadOnlySpan<byte> png, string name) => ReadHeader(png, name, png.Length);

    private static PngHeader ReadHeader(ReadOnlySpan<byte> png, string name, long fileLength)
    {
        if (png.Length < FirstChunk || !png[..FirstChunk].SequenceEqual(PngHeader.Signature))
            throw new InputException(name, "offset 0", "the signature of a PNG image", Bytes.Show(png));
        Chunk chunk = ReadChunk(png, FirstChunk, name);
        if (!chunk.Is("IHDR"u8)) throw new InputException(name, $"offset {FirstChunk + 4}", "chunk IHDR", Bytes.Show(chunk.Type));
        return PngHeader.Parse(chunk.Data, fileLength, name);
    }

    /// <summary>Inflates and unfilters into <paramref name="samples"/>, big-endian as stored. (H, W, bytes per pixel)</summary>
    private static void Decode(ReadOnlySpan<byte> png, PngHeader header, Span<byte> samples, string name)
    {
        byte[] compressed = ArrayPool<byte>.Shared.Rent(png.Length);
        byte[] filtered = ArrayPool<byte>.Shared.Rent((header.Stride + 1) * header.Height);
        try
        {
            int length = CollectData(png, compressed, name);
            Inflate(compressed, length, filtered.AsSpan(0, (header.Stride + 1) * header.Height), name);
            Unfilter(filtered, header, samples, name);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(filtered);
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    private static int CollectData(ReadOnlySpan<byte> png, byte[] compressed, string name)
    {
        int total = 0;
        for (int offset = FirstChunk; ;)
        {
            Chunk chunk = ReadChunk(png, offset, name);
            if (chunk.Is("IEND"u8)) break;
            if (chunk.Is("IDAT"u8))
            {
                chunk.Data.CopyTo(compressed.AsSpan(total));
                total += chunk.Data.Length;
            }
            offset += chunk.Data.Length + 12;
        }
        if (total == 0) throw new InputException(name, $"offset {FirstChunk}", "image data in a chunk IDAT", "none");
        return total;
    }

    private static void Inflate(byte[] compressed, int length, Span<byte> target, string name)
    {
        using var stream = new ZLibStream(new MemoryStream(compressed, 0, length, writable: false), CompressionMode.Decompress);
        try
        {
            int read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            // The stream verifies its checksum only when it is asked for what follows.
            if (read < target.Length || stream.ReadByte() >= 0)
                throw new InputException(name, "chunk IDAT", $"{target.Length} bytes of pixels", read < target.Length ? $"{read}" : "more");
        }
        catch (InvalidDataException e)
        {
            throw new InputException(name, "chunk IDAT", "a sound zlib stream", e.Message, inner: e);
        }
    }

    private static void Unfilter(ReadOnlySpan<byte> filtered, PngHeader header, Span<byte> samples, string name)
    {
        int stride = header.Stride;
        ReadOnlySpan<byte> above = new byte[stride];
        for (int y = 0; y < header.Height; y++)
        {
            byte filter = filtered[y * (stride + 1)];
            if (filter > PngFilter.Paeth) throw new InputException(name, $"row {y}", "filter 0 to 4", $"{filter}");
            Span<byte> row = samples.Slice(y * stride, stride);
            filtered.Slice(y * (stride + 1) + 1, stride).CopyTo(row);
            PngFilter.Undo(filter, row, above, header.BytesPerPixel);
            above = row;
        }
    }

    private static Chunk ReadChunk(ReadOnlySpan<byte> png, int offset, string name)
    {
        if (png.Length - offset < 12) throw new InputException(name, $"offset {offset}", "a chunk", $"{Math.Max(0, png.Length - offset)} bytes at the end of the file", "The image is truncated");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(png[offset..]);
        if (length > png.Length - offset - 12)
            throw new InputException(name, $"offset {offset}", $"a chunk of at most {png.Length - offset - 12} bytes, what is left", $"{length} bytes", "The image is truncated or damaged");
        ReadOnlySpan<byte> body = png.Slice(offset + 4, (int)length + 4);
        uint stored = BinaryPrimitives.ReadUInt32BigEndian(png[(offset + 8 + (int)length)..]), computed = PngHeader.Checksum(body);
        if (stored != computed) throw new InputException(name, $"offset {offset}, chunk checksum", $"{computed:x8}", $"{stored:x8}", "The image is damaged");
        return new Chunk(body[..4], body[4..]);
    }

    private readonly ref struct Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        public ReadOnlySpan<byte> Type { get; } = type;
        public ReadOnlySpan<byte> Data { get; } = data;
        public bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);
    }
}
