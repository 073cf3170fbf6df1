using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Tests.Formats.Images;

namespace HiCorr.Tests.Formats.Sens;

public sealed class SensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal static SensFrame Frame(int index)
    {
        var depth = new DepthImage(16, 12, new ushort[192]);
        for (int i = 0; i < 192; i++) depth.Millimetres[i] = (ushort)(1000 + 10 * index + i);
        return new SensFrame([1, 0, 0, index, 0, 1, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1], ImageTests.Gradient(32, 24), depth);
    }

    internal static void WriteExample(string path, SensColor color, SensDepth depth) => SensWriter.Write(path, new SensHeader
    {
        SensorName = "test",
        ColorIntrinsics = [30, 0, 16, 0, 0, 31, 12, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        ColorExtrinsics = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        DepthIntrinsics = [15, 0, 8, 0, 0, 15, 6, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        DepthExtrinsics = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        Color = color, Depth = depth, ColorWidth = 32, ColorHeight = 24, DepthWidth = 16, DepthHeight = 12, DepthShift = 1000,
    }, [Frame(0), Frame(1), Frame(2)]);

    [Theory]
    [InlineData(SensColor.Jpeg, SensDepth.Zlib)]
    [InlineData(SensColor.Png, SensDepth.Raw)]
    [InlineData(SensColor.Raw, SensDepth.Zlib)]
    public void Returns_what_was_written(SensColor color, SensDepth depth)
    {
        string path = _folder.PathOf("a.sens");
        WriteExample(path, color, depth);
        using var reader = new SensReader(path);
        Assert.Equal(3, reader.FrameCount);
        Assert.Equal("test", reader.Header.SensorName);
        Assert.Equal(31, reader.Header.ColorIntrinsics[5]);
        for (int i = 2; i >= 0; i--)
        {
            SensFrame expected = Frame(i);
            Assert.Equal(expected.CameraToWorld, reader.Pose(i));
            Assert.Equal(expected.Depth.Millimetres, reader.ReadDepth(i).Millimetres);
            byte[] pixels = reader.ReadColor(i).Pixels;
            for (int p = 0; p < pixels.Length; p++) Assert.InRange(Math.Abs(pixels[p] - expected.Color.Pixels[p]), 0, color == SensColor.Jpeg ? 10 : 0);
        }
    }

    [Fact]
    public void Lays_bytes_out_as_version_4_says()
    {
        string path = _folder.PathOf("a.sens");
        WriteExample(path, SensColor.Raw, SensDepth.Raw);
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(4u, BitConverter.ToUInt32(bytes, 0));
        Assert.Equal(4ul, BitConverter.ToUInt64(bytes, 4));
        Assert.Equal("test"u8.ToArray(), bytes[12..16]);
        Assert.Equal(30f, BitConverter.ToSingle(bytes, 16));
        Assert.Equal(15f, BitConverter.ToSingle(bytes, 16 + 128));
        const int Sizes = 16 + 256 + 8;
        Assert.Equal([32, 24, 16, 12], new[] { 0, 4, 8, 12 }.Select(o => BitConverter.ToInt32(bytes, Sizes + o)));
        Assert.Equal(1000f, BitConverter.ToSingle(bytes, Sizes + 16));
        Assert.Equal(3ul, BitConverter.ToUInt64(bytes, Sizes + 20));
        const int FrameOne = Sizes + 28 + 96 + 32 * 24 * 3 + 16 * 12 * 2;
        Assert.Equal(1f, BitConverter.ToSingle(bytes, FrameOne + 12));
        Assert.Equal(32ul * 24 * 3, BitConverter.ToUInt64(bytes, FrameOne + 80));
        Assert.Equal(1010, BitConverter.ToUInt16(bytes, FrameOne + 96 + 32 * 24 * 3));
    }

    [Fact]
    public void Converts_depth_of_another_unit_to_millimetres()
    {
        string path = _folder.PathOf("a.sens");
        WriteExample(path, SensColor.Raw, SensDepth.Raw);
        byte[] bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(16 + 256 + 8 + 16), 5000f);
        File.WriteAllBytes(path, bytes);
        using var reader = new SensReader(path);
        Assert.Equal(200, reader.ReadDepth(0).Millimetres[0]);
    }

    [Fact]
    public void Names_the_version_it_cannot_read()
    {
        string path = _folder.PathOf("a.sens");
        File.WriteAllBytes(path, [3, 0, 0, 0, .. new byte[400]]);
        Assert.Equal($"{path}, offset 0, version: expected 4, found 3", Assert.Throws<InputException>(() => new SensReader(path)).Message);
    }
}
