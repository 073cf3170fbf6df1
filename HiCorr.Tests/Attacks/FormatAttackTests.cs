using System.Buffers.Binary;
using System.Text;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Formats.ScanNet;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Tests.Formats.Images;
using HiCorr.Tests.Formats.Ply;
using HiCorr.Tests.Formats.Png;
using HiCorr.Tests.Formats.Sens;

namespace HiCorr.Tests.Attacks;

public sealed class FormatAttackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(PlyFormat.BinaryLittleEndian)]
    [InlineData(PlyFormat.BinaryBigEndian)]
    [InlineData(PlyFormat.Ascii)]
    public void Ply(PlyFormat format)
    {
        string path = _folder.PathOf("a.ply");
        PlyWriter.Write(path, PlyTests.Content(60, 90), format);
        byte[] good = File.ReadAllBytes(path);
        // An ascii file may end inside its last number, which then is another number.
        Mutations.RefusesEveryTruncation(format == PlyFormat.Ascii ? good[..^4] : good, "a.ply", b => PlyReader.ToCloud(PlyReader.Parse(b, "a.ply")));
        Mutations.SurvivesDamage(good, "a.ply", b => PlyReader.ToCloud(PlyReader.Parse(b, "a.ply")), 1500);
    }

    [Theory]
    [InlineData("element vertex 2147483647\nproperty float x\n")]
    [InlineData("element vertex 99999999999999999999\nproperty float x\n")]
    [InlineData("element vertex -1\nproperty float x\n")]
    [InlineData("element vertex 2147483591\nproperty uchar x\n")]
    [InlineData("element vertex 1\nproperty uchar x\nelement face 2147483591\nproperty list uchar int vertex_indices\n")]
    [InlineData("element vertex 1\nproperty uchar x\nelement face 1\nproperty list uint int vertex_indices\n")]
    [InlineData("element vertex 1\nproperty uchar x\nelement face 1\nproperty list int int vertex_indices\n")]
    [InlineData("element other 2147483591\nproperty list int int a\nelement vertex 1\nproperty uchar x\n")]
    [InlineData("element vertex 2147483591\n")]
    [InlineData("element vertex 1\nproperty list uchar float x\n")]
    [InlineData("property float x\n")]
    [InlineData("element vertex 1\nproperty quad x\n")]
    [InlineData("element vertex 1\nproperty float x\nproperty float x\n")]
    [InlineData("comment nothing\n")]
    public void Ply_with_a_hostile_header(string declarations)
    {
        foreach (string format in (string[])["ascii", "binary_little_endian", "binary_big_endian"])
        {
            byte[] file = [.. Encoding.ASCII.GetBytes($"ply\nformat {format} 1.0\n{declarations}end_header\n"), .. "1234"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
            long before = GC.GetAllocatedBytesForCurrentThread();
            var e = Assert.Throws<InputException>(() => PlyReader.Parse(file, "a.ply"));
            Assert.StartsWith("a.ply, ", e.Message, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Ply_with_an_index_that_no_vertex_has()
    {
        string path = _folder.PathOf("a.ply");
        foreach (int index in (int[])[-1, 4, int.MaxValue, int.MinValue])
            foreach (PlyFormat format in Enum.GetValues<PlyFormat>())
            {
                PlyWriter.Write(path, new PlyContent { Positions = new float[12], Faces = [0, 1, 2, 3, index, 0] }, format);
                Assert.Contains("face 1", Assert.Throws<InputException>(() => PlyReader.Read(path)).Message, StringComparison.Ordinal);
            }
    }

    [Fact]
    public void Png()
    {
        string path = _folder.PathOf("a.png");
        var depth = new DepthImage(40, 30, new ushort[1200]);
        for (int i = 0; i < 1200; i++) depth.Millimetres[i] = (ushort)(i * i);
        PngWriter.WriteGray16(path, depth);
        byte[] good = File.ReadAllBytes(path);
        Mutations.RefusesEveryTruncation(good, "a.png", b => PngReader.ReadGray16(b, "a.png"));
        for (int i = 0; i < good.Length; i++)
        {
            // Every byte is under a checksum: no flipped bit may pass.
            byte[] bad = [.. good];
            bad[i] ^= (byte)(1 << (i % 8));
            Assert.Throws<InputException>(() => PngReader.ReadGray16(bad, "a.png"));
        }
        Mutations.SurvivesDamage(good, "a.png", b => PngReader.ReadGray16(b, "a.png"), 500);
    }

    [Theory]
    [InlineData(65535, 65535)]
    [InlineData(-1, 4)]
    [InlineData(0, 4)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(30000, 30000)]
    public void Png_with_a_size_that_its_bytes_cannot_hold(int width, int height)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 16;
        byte[] png = [0x89, .. "PNG"u8, 13, 10, 26, 10, .. PngTests.Chunk("IHDR"u8, header), .. PngTests.Chunk("IDAT"u8, new byte[100]), .. PngTests.Chunk("IEND"u8, [])];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<InputException>(() => PngReader.ReadGray16(png, "a.png"));
        Assert.Contains("IHDR", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Throws<InputException>(() => ImageReader.Read(png, "a.png"));
    }

    [Fact]
    public void Jpeg()
    {
        byte[] good = ImageWriter.EncodeJpeg(ImageTests.Gradient(48, 48));
        Mutations.SurvivesDamage(good, "a.jpg", b => ImageReader.Read(b, "a.jpg"));
    }

    [Fact]
    public void Npy()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<float>(path, new float[60], 20, 3);
        byte[] good = File.ReadAllBytes(path);
        void Read(byte[] b)
        {
            File.WriteAllBytes(path, b);
            NpyReader.ReadFloats(path, -1, 3);
        }
        Mutations.RefusesEveryTruncation(good, "a.npy", Read);
        Mutations.SurvivesDamage(good, "a.npy", Read);
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 3), }", "shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, ), }", "shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, ), }", "shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536, 65536, 65536), }", "shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (500000000, ), }", "offset")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1, ), }", "descr")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1, ), }", "descr")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "fortran_order")]
    [InlineData("{}", "descr")]
    public void Npy_with_a_hostile_header(string header, string where)
    {
        string path = _folder.PathOf("a.npy");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0, 0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(where, Assert.Throws<InputException>(() => NpyReader.Read<float>(path)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Sens()
    {
        string path = _folder.PathOf("a.sens");
        SensTests.WriteExample(path, SensColor.Jpeg, SensDepth.Zlib);
        byte[] good = File.ReadAllBytes(path);
        void Read(byte[] b)
        {
            File.WriteAllBytes(path, b);
            using var reader = new SensReader(path);
            for (int i = 0; i < reader.FrameCount; i++)
            {
                reader.ReadColor(i);
                reader.ReadDepth(i);
            }
        }
        // The last 8 bytes count inertial measurements, which nobody reads.
        Mutations.RefusesEveryTruncation(good[..^8], "a.sens", Read);
        Mutations.SurvivesDamage(good, "a.sens", Read);
    }

    [Fact]
    public void Segments_and_aggregation()
    {
        string path = _folder.PathOf("a.json");
        void Segments(byte[] b)
        {
            File.WriteAllBytes(path, b);
            SegmentsFile.Read(path);
        }
        void Aggregation(byte[] b)
        {
            File.WriteAllBytes(path, b);
            AggregationFile.Read(path);
        }
        byte[] segments = """{"params":{"kThresh":"0.01"},"sceneId":"s","segIndices":[1,2,300,4]}"""u8.ToArray();
        byte[] aggregation = """{"sceneId":"s","segGroups":[{"id":0,"objectId":0,"segments":[1,2],"label":"chair"}]}"""u8.ToArray();
        Mutations.RefusesEveryTruncation(segments, "a.json", Segments);
        Mutations.RefusesEveryTruncation(aggregation, "a.json", Aggregation);
        Mutations.SurvivesDamage(segments, "a.json", Segments);
        Mutations.SurvivesDamage(aggregation, "a.json", Aggregation);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        foreach (Action<string> read in (Action<string>[])[p => PlyReader.Read(p), p => PngReader.ReadGray16(p), p => ImageReader.Read(p), p => NpyReader.ReadFloats(p), p => new SensReader(p)])
            foreach (string path in (string[])[_folder.PathOf("absent"), _folder.Root])
                Assert.StartsWith(path + ": expected", Assert.Throws<InputException>(() => read(path)).Message, StringComparison.Ordinal);
    }
}
