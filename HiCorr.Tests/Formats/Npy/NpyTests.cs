using HiCorr.Pipeline.Formats.Npy;

namespace HiCorr.Tests.Formats.Npy;

public sealed class NpyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writes_the_bytes_that_numpy_writes()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<float>(path, [1f, -2.5f], 1, 2);

        // numpy.save(..., numpy.array([[1, -2.5]], '<f4')), version 1.0
        byte[] header = [.. "\x93NUMPY"u8.ToArray().AsSpan(1), 1, 0, 118, 0, .. "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"u8];
        byte[] expected = [.. header, .. Enumerable.Repeat((byte)' ', 127 - header.Length), (byte)'\n', 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Fact]
    public void Returns_what_was_written_for_every_type()
    {
        RoundTrip<float>([1.5f, float.NaN, -0f]);
        RoundTrip<double>([1e300, -1]);
        RoundTrip<Half>([(Half)0.5, (Half)(-2)]);
        RoundTrip<int>([int.MinValue, 7]);
        RoundTrip<long>([long.MaxValue, -7]);
        RoundTrip<ushort>([65535, 1]);
        RoundTrip<byte>([255, 0]);
        RoundTrip<bool>([true, false]);
    }

    [Fact]
    public void Keeps_shapes_of_any_rank()
    {
        foreach (int[] shape in (int[][])[[6], [2, 3], [3, 1, 2], [0, 3], [1, 1, 1, 6]])
        {
            string path = _folder.PathOf("a.npy");
            NpyWriter.Write<byte>(path, new byte[shape.Aggregate(1, (a, b) => a * b)], shape);
            Assert.Equal(shape, NpyReader.Read<byte>(path).Shape);
        }
    }

    [Fact]
    public void Reads_a_scalar_and_a_version_2_header_as_numpy_writes_them()
    {
        string path = _folder.PathOf("a.npy");
        byte[] text = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n"u8.ToArray();
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 2, 0, (byte)text.Length, 0, 0, 0, .. text, 5, 0, 0, 0, 0, 0, 0, 0]);
        NpyArray<int> array = NpyReader.ReadInts(path);
        Assert.Equal([5], array.Data);
        Assert.Empty(array.Shape);
    }

    [Fact]
    public void Widens_half_and_narrows_double_and_long()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<Half>(path, [(Half)0.25]);
        Assert.Equal([0.25f], NpyReader.ReadFloats(path).Data);
        NpyWriter.Write<double>(path, [0.125]);
        Assert.Equal([0.125f], NpyReader.ReadFloats(path).Data);
        NpyWriter.Write<long>(path, [-3]);
        Assert.Equal([-3], NpyReader.ReadInts(path).Data);
        NpyWriter.Write<bool>(path, [true, false]);
        Assert.Equal<byte>([1, 0], NpyReader.ReadBytes(path).Data);
    }

    [Fact]
    public void Names_file_expected_and_found_when_the_shape_differs()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<float>(path, new float[8], 2, 4);
        var e = Assert.Throws<InputException>(() => NpyReader.ReadFloats(path, -1, 3));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("expected (any, 3), found (2, 4)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_another_element_type()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<int>(path, [1]);
        Assert.Contains("'<f4'", Assert.Throws<InputException>(() => NpyReader.ReadFloats(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_long_that_does_not_fit_an_int()
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<long>(path, [1, 1L << 40]);
        Assert.Contains("element 1", Assert.Throws<InputException>(() => NpyReader.ReadInts(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_text_embeddings_of_the_shared_folder()
    {
        NpyArray<float> array = NpyReader.ReadFloats(SharedFolder.Require("clip-text", "scannet20-vitb32-f16.npy"), 20, 512);
        for (int row = 0; row < 20; row++)
        {
            double square = 0;
            for (int i = 0; i < 512; i++) square += Math.Pow(array.Data[row * 512 + i], 2);
            Assert.Equal(1, square, 0.01);
        }
    }

    private void RoundTrip<T>(T[] values) where T : unmanaged
    {
        string path = _folder.PathOf("a.npy");
        NpyWriter.Write<T>(path, values);
        Assert.Equal(values, NpyReader.Read<T>(path, values.Length).Data);
    }
}
