using System.Globalization;
using System.Text;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Formats.Ply;

public sealed class PlyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<PlyFormat> Formats => [PlyFormat.BinaryLittleEndian, PlyFormat.BinaryBigEndian, PlyFormat.Ascii];

    internal static PlyContent Content(int vertices = 5000, int faces = 9000)
    {
        uint state = 7;
        uint Next() => state = state * 1664525 + 1013904223;
        return new PlyContent
        {
            Positions = Fill(vertices * 3, _ => Next() / 1e8f - 20),
            Normals = Fill(vertices * 3, _ => Next() / 4e9f - 0.5f),
            Colors = Fill(vertices * 3, _ => (byte)(Next() >> 24)),
            Labels = Fill(vertices, _ => (byte)(Next() >> 24)),
            Confidence = Fill(vertices, _ => Next() / 4294967296f),
            Faces = Fill(faces * 3, _ => (int)(Next() >> 3) % vertices),
        };
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Returns_what_was_written_in_every_encoding(PlyFormat format)
    {
        string path = _folder.PathOf("a.ply");
        PlyContent content = Content();
        PlyWriter.Write(path, content, format);
        PlyFile read = PlyReader.Read(path);

        Assert.Equal(content.Count, read.VertexCount);
        Assert.Equal(Enumerable.Range(0, content.Count).Select(i => content.Positions[3 * i + 1]), (float[])read.Require("y").Values);
        Assert.Equal(Enumerable.Range(0, content.Count).Select(i => content.Normals![3 * i + 2]), (float[])read.Require("nz").Values);
        Assert.Equal(Enumerable.Range(0, content.Count).Select(i => content.Colors![3 * i]), (byte[])read.Require("red").Values);
        Assert.Equal(content.Labels!, (byte[])read.Require("label").Values);
        Assert.Equal(content.Confidence!, (float[])read.Require("confidence").Values);
        Assert.Equal(content.Faces, read.Faces);
    }

    [Fact]
    public void Writes_the_header_that_scannet_uses()
    {
        string path = _folder.PathOf("a.ply");
        PlyWriter.Write(path, new PlyContent { Positions = [1, 2, 3], Colors = [4, 5, 6], Alpha = true, WideLabels = [513], Faces = [0, 0, 0] });
        byte[] expected =
        [
            .. "ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"u8,
            .. "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\nproperty ushort label\n"u8,
            .. "element face 1\nproperty list uchar int vertex_indices\nend_header\n"u8,
            0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 4, 5, 6, 255, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Fact]
    public void Fans_polygons_and_skips_other_elements_and_properties()
    {
        const string Text = """
            ply
            format ascii 1.0
            comment any order, any types
            element material 1
            property list uchar int ids
            property float shine
            element vertex 5
            property short extra
            property double z
            property float y
            property int x
            element face 3
            property uchar flags
            property list uint short vertex_index
            property list uchar float texcoord
            element edge 1
            property int a
            end_header
            2 7 8 0.5
            1 0.1 0 0
            -2 0.2 0 1
            3 0.3 1 1
            4 0.4 1 0
            5 0.5 2 2
            1 4 0 1 2 3 2 0.5 0.5
            2 3 2 3 4 0
            3 2 0 1 0
            9
            """;
        PlyFile file = PlyReader.Parse(Encoding.ASCII.GetBytes(Text), "test");
        Assert.Equal([0, 1, 2, 0, 2, 3, 2, 3, 4], file.Faces);
        Assert.Equal<short>([1, -2, 3, 4, 5], (short[])file.Require("extra").Values);
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5], (double[])file.Require("z").Values);
        Assert.Equal([0, 1, 1, 0, 2], (int[])file.Require("x").Values);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_binary_lists_between_other_properties(bool bigEndian)
    {
        var file = new MemoryStream();
        file.Write(Encoding.ASCII.GetBytes($"ply\r\nformat binary_{(bigEndian ? "big" : "little")}_endian 1.0\r\nelement face 0\r\nproperty list uchar int vertex_indices\r\n"
            + "element vertex 4\r\nproperty double x\r\nproperty uchar y\r\nelement face 2\r\nproperty ushort tag\r\nproperty list ushort uint vertex_indices\r\nproperty list uchar short more\r\nend_header\r\n"));
        void Put(params byte[] littleEndian) => file.Write(bigEndian ? [.. littleEndian.Reverse()] : littleEndian);
        for (int i = 0; i < 4; i++)
        {
            Put(BitConverter.GetBytes(i * 1.5));
            Put((byte)(10 + i));
        }
        foreach (uint[] polygon in (uint[][])[[3, 2, 1, 0], [1, 2, 3]])
        {
            Put(1, 2);
            Put(BitConverter.GetBytes((ushort)polygon.Length));
            foreach (uint corner in polygon) Put(BitConverter.GetBytes(corner));
            Put(2);
            Put(5, 6);
            Put(7, 8);
        }
        PlyFile read = PlyReader.Parse(file.ToArray(), "test");
        Assert.Equal([0, 1.5, 3, 4.5], (double[])read.Require("x").Values);
        Assert.Equal<byte>([10, 11, 12, 13], (byte[])read.Require("y").Values);
        Assert.Equal([3, 2, 1, 3, 1, 0, 1, 2, 3], read.Faces);
    }

    [Fact]
    public void Computes_normals_from_faces_when_the_file_has_none()
    {
        string path = _folder.PathOf("a.ply");
        // A large triangle in z = 0 and a small one in x = 0 share vertex 0: the larger area pulls its normal towards z.
        PlyWriter.Write(path, new PlyContent { Positions = [0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9], Faces = [0, 1, 2, 0, 2, 3] });
        PointCloud cloud = PlyReader.ReadCloud(path);
        float length = MathF.Sqrt(10);
        Assert.Equal([1 / length, 0, 3 / length], cloud.Normals[..3], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Equal([0, 0, 1], cloud.Normals[3..6]);
        Assert.Equal([0, 0, 0], cloud.Normals[12..15]);
        Assert.Equal(new byte[15], cloud.Colors);
    }

    [Theory]
    [InlineData("0 0 0", "1 0 nan", "vertex 1, property 'z'")]
    [InlineData("inf 0 0", "1 0 0", "vertex 0, property 'x'")]
    public void Names_the_vertex_whose_position_is_not_finite(string first, string second, string where)
    {
        string path = _folder.PathOf("a.ply");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture,
            $"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nend_header\n{first}\n{second}\n"));
        Assert.Contains(where, Assert.Throws<InputException>(() => PlyReader.ReadCloud(path)).Message, StringComparison.Ordinal);
    }

    private static T[] Fill<T>(int count, Func<int, T> value)
    {
        var all = new T[count];
        for (int i = 0; i < count; i++) all[i] = value(i);
        return all;
    }
}
