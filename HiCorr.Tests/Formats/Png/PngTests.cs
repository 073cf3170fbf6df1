using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Formats.Png;

public sealed class PngTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Undoes_every_filter(int filter)
    {
        foreach (int bytesPerPixel in (int[])[1, 2])
        {
            byte[] samples = Noise(37 * 11 * bytesPerPixel);
            byte[] png = EncodeWithFilter(37, 11, bytesPerPixel, samples, filter);
            if (bytesPerPixel == 1) Assert.Equal(samples, PngReader.ReadGray8(png, "test").Pixels);
            else
                for (int i = 0; i < 37 * 11; i++)
                    Assert.Equal(BinaryPrimitives.ReadUInt16BigEndian(samples.AsSpan(2 * i)), PngReader.ReadGray16(png, "test").Millimetres[i]);
        }
    }

    [Fact]
    public void Returns_the_depth_that_was_written()
    {
        string path = _folder.PathOf("d.png");
        var depth = new DepthImage(61, 43, new ushort[61 * 43]);
        for (int i = 0; i < depth.Millimetres.Length; i++) depth.Millimetres[i] = (ushort)(i * 25);
        PngWriter.WriteGray16(path, depth);
        DepthImage read = PngReader.ReadGray16(path);
        Assert.Equal((61, 43), (read.Width, read.Height));
        Assert.Equal(depth.Millimetres, read.Millimetres);
    }

    [Fact]
    public void Writes_colours_that_another_decoder_reads_back()
    {
        string path = _folder.PathOf("c.png");
        var image = new ColorImage(33, 21, Noise(33 * 21 * 3));
        PngWriter.WriteRgb(path, image);
        Assert.Equal(image.Pixels, ImageReader.Read(path).Pixels);
    }

    [Fact]
    public void Writes_grey_that_another_decoder_reads_back()
    {
        string path = _folder.PathOf("g.png");
        var image = new GrayImage(33, 21, Noise(33 * 21));
        PngWriter.WriteGray8(path, image);
        byte[] rgb = ImageReader.Read(path).Pixels;
        for (int i = 0; i < image.Pixels.Length; i++) Assert.Equal(image.Pixels[i], rgb[3 * i + 1]);
    }

    [Fact]
    public void Takes_8_bit_grey_as_depth()
    {
        string path = _folder.PathOf("g.png");
        PngWriter.WriteGray8(path, new GrayImage(2, 1, [7, 255]));
        Assert.Equal<ushort>([7, 255], PngReader.ReadGray16(path).Millimetres);
    }

    [Fact]
    public void Reads_a_real_depth_image()
    {
        DepthImage depth = PngReader.ReadGray16(SharedFolder.Require("real", "hololens-kitchen", "depth", "000000.png"));
        Assert.Equal((540, 360), (depth.Width, depth.Height));
        int[] measured = [.. depth.Millimetres.Where(d => d > 0).Select(d => (int)d)];
        Assert.InRange(measured.Min(), 400, 2000);
        Assert.InRange(measured.Max(), 2000, 7500);
    }

    private static byte[] Noise(int count)
    {
        byte[] bytes = new byte[count];
        uint state = 12345;
        for (int i = 0; i < count; i++) bytes[i] = (byte)((state = state * 1664525 + 1013904223) >> 24);
        return bytes;
    }

    /// <summary>The filters as the specification's table states them, pixel by pixel.</summary>
    private static byte[] EncodeWithFilter(int width, int height, int bytesPerPixel, byte[] samples, int filter)
    {
        int stride = width * bytesPerPixel;
        var raw = new MemoryStream();
        for (int y = 0; y < height; y++)
        {
            raw.WriteByte((byte)filter);
            for (int x = 0; x < stride; x++)
            {
                int At(int row, int column) => row < 0 || column < 0 ? 0 : samples[row * stride + column];
                int a = At(y, x - bytesPerPixel), b = At(y - 1, x), c = x < bytesPerPixel ? 0 : At(y - 1, x - bytesPerPixel);
                int p = a + b - c, pa = Math.Abs(p - a), pb = Math.Abs(p - b), pc = Math.Abs(p - c);
                int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
                int predicted = filter switch { 1 => a, 2 => b, 3 => (a + b) / 2, 4 => paeth, _ => 0 };
                raw.WriteByte((byte)(samples[y * stride + x] - predicted));
            }
        }
        var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(raw.ToArray());
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)(8 * bytesPerPixel);
        byte[] all = data.ToArray();
        // Two data chunks, as most programs write them.
        return [0x89, .. "PNG"u8, 13, 10, 26, 10, .. Chunk("IHDR"u8, header), .. Chunk("tEXt"u8, [65, 0, 66]), .. Chunk("IDAT"u8, all.AsSpan(0, 9)), .. Chunk("IDAT"u8, all.AsSpan(9)), .. Chunk("IEND"u8, [])];
    }

    internal static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc32.HashToUInt32(chunk.AsSpan(4, data.Length + 4)));
        return chunk;
    }
}
