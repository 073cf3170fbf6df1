using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Png;

/// <summary>
/// Writes PNG images, complete or not at all. The same pixels give the same bytes. Not synced one by one: thousands of frames would
/// wait for the disk, and an image that a power cut left short is told by its checksums.
/// </summary>
public static class PngWriter
{
    private const int Rgb = 2;

    /// <summary>16 bits a sample, as ScanNet stores depth in millimetres.</summary>
    public static void WriteGray16(string path, DepthImage image, CompressionLevel level = CompressionLevel.Fastest) =>
        AtomicFile.Write(path, stream => stream.Write(EncodeGray16(image, level)), sync: false);

    public static void WriteGray8(string path, GrayImage image, CompressionLevel level = CompressionLevel.Optimal) =>
        AtomicFile.Write(path, stream => stream.Write(Encode(image.Width, image.Height, 8, PngHeader.Grey, image.Pixels, level)), sync: false);

    public static void WriteRgb(string path, ColorImage image, CompressionLevel level = CompressionLevel.Optimal) =>
        AtomicFile.Write(path, stream => stream.Write(EncodeRgb(image, level)), sync: false);

    public static byte[] EncodeRgb(ColorImage image, CompressionLevel level = CompressionLevel.Optimal) =>
        Encode(image.Width, image.Height, 8, Rgb, image.Pixels, level);

    public static byte[] EncodeGray16(DepthImage image, CompressionLevel level = CompressionLevel.Fastest)
    {
        ushort[] swapped = new ushort[image.Millimetres.Length];
        BinaryPrimitives.ReverseEndianness(image.Millimetres, swapped);
        return Encode(image.Width, image.Height, 16, PngHeader.Grey, MemoryMarshal.AsBytes(swapped.AsSpan()), level);
    }

    private static byte[] Encode(int width, int height, int bitDepth, int colorType, ReadOnlySpan<byte> samples, CompressionLevel level)
    {
        int bytesPerPixel = bitDepth / 8 * (colorType == Rgb ? 3 : 1);
        if (samples.Length != (long)width * height * bytesPerPixel || samples.Length == 0)
            throw new ArgumentException($"{width} x {height} pixels of {bytesPerPixel} bytes are not {samples.Length} bytes.", nameof(samples));
        var png = new MemoryStream(samples.Length / 2 + 256);
        png.Write(PngHeader.Signature);
        byte[] header = new byte[PngHeader.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)bitDepth;
        header[9] = (byte)colorType;
        WriteChunk(png, "IHDR"u8, header);
        WriteChunk(png, "IDAT"u8, Compress(samples, width * bytesPerPixel, bytesPerPixel, level));
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> samples, int stride, int bytesPerPixel, CompressionLevel level)
    {
        var compressed = new MemoryStream(samples.Length / 2 + 256);
        byte[] candidate = ArrayPool<byte>.Shared.Rent(stride + 1), best = ArrayPool<byte>.Shared.Rent(stride + 1);
        ReadOnlySpan<byte> above = new byte[stride];
        using (var stream = new ZLibStream(compressed, level, leaveOpen: true))
        {
            for (int start = 0; start < samples.Length; start += stride)
            {
                ReadOnlySpan<byte> row = samples.Slice(start, stride);
                long smallest = long.MaxValue;
                for (byte filter = PngFilter.None; filter <= PngFilter.Up; filter++)
                {
                    candidate[0] = filter;
                    long size = PngFilter.Apply(filter, row, above, bytesPerPixel, candidate.AsSpan(1, stride));
                    if (size >= smallest) continue;
                    smallest = size;
                    (candidate, best) = (best, candidate);
                }
                stream.Write(best, 0, stride + 1);
                above = row;
            }
        }
        ArrayPool<byte>.Shared.Return(candidate);
        ArrayPool<byte>.Shared.Return(best);
        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] body = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(body, data.Length);
        type.CopyTo(body.AsSpan(4));
        data.CopyTo(body.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(data.Length + 8), PngHeader.Checksum(body.AsSpan(4, data.Length + 4)));
        png.Write(body);
    }
}
