using System.Buffers.Binary;
using System.Text;
using HiCorr.Pipeline.Formats.Safetensors;

namespace HiCorr.Tests.Formats.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gives_back_tensors_and_metadata()
    {
        string path = _folder.PathOf("a.safetensors");
        SafetensorsFile.Write(path,
            [new("w", [2, 3], [1f, -2f, 3.5f, float.NaN, float.NegativeInfinity, 0f]), new("step", [], [long.MinValue]), new("none", [0, 4], Array.Empty<float>())],
            new Dictionary<string, string> { ["note"] = "größe \"7\"" });

        SafetensorsFile file = SafetensorsFile.Read(path);

        Assert.Equal([1f, -2f, 3.5f, float.NaN, float.NegativeInfinity, 0f], file.Floats("w", 2, 3));
        Assert.Equal([long.MinValue], file.Integers("step"));
        Assert.Empty(file.Floats("none", 0, 4));
        Assert.Equal("größe \"7\"", file.MetadataValue("note"));
    }

    [Fact]
    public void Writes_the_bytes_of_the_format()
    {
        string path = _folder.PathOf("a.safetensors");
        SafetensorsFile.Write(path, [new("a", [1], [1f])]);

        byte[] bytes = File.ReadAllBytes(path);
        string header = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        int padded = (header.Length + 7) / 8 * 8;
        Assert.Equal((ulong)padded, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal(header.PadRight(padded), Encoding.UTF8.GetString(bytes, 8, padded));
        Assert.Equal([0, 0, 0x80, 0x3f], bytes[(8 + padded)..]);
    }

    [Fact]
    public void Writes_the_same_bytes_whatever_the_order_of_the_metadata()
    {
        SafetensorsFile.Write(_folder.PathOf("a"), [new("x", [1], [1L])], new Dictionary<string, string> { ["p"] = "1", ["q"] = "2" });
        SafetensorsFile.Write(_folder.PathOf("b"), [new("x", [1], [1L])], new Dictionary<string, string> { ["q"] = "2", ["p"] = "1" });

        Assert.Equal(File.ReadAllBytes(_folder.PathOf("a")), File.ReadAllBytes(_folder.PathOf("b")));
    }

    [Theory]
    [InlineData("{", "JSON")]
    [InlineData("[]", "JSON object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "Duplicate")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "'dtype'")]
    [InlineData("""{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}""", "F16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "shape[0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "shape[0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", "elements")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "begin and end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "12 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "8 bytes for")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "begin at 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2305843009],"data_offsets":[0,9223372036]}}""", "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes as the header says")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "'b' data_offsets")]
    [InlineData("""{"__metadata__":{"n":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__.n")]
    public void Names_the_fault_when_the_header_does_not_describe_the_data(string header, string message)
    {
        string path = _folder.PathOf("bad");
        byte[] length = BitConverter.GetBytes((ulong)header.Length);
        File.WriteAllBytes(path, [.. length, .. Encoding.UTF8.GetBytes(header), .. new byte[8]]);

        ArtefactException error = Assert.Throws<ArtefactException>(() => SafetensorsFile.Read(path));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 0x7b })]
    public void Refuses_a_header_longer_than_the_file(byte[] bytes)
    {
        string path = _folder.PathOf("bad");
        File.WriteAllBytes(path, bytes);

        Assert.Contains("offset 0", Assert.Throws<ArtefactException>(() => SafetensorsFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        string path = _folder.PathOf("a");
        SafetensorsFile.Write(path, [new("a", [3], [1f, 2f, 3f])], new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = File.ReadAllBytes(path);

        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<ArtefactException>(() => SafetensorsFile.Read(path));
        }
    }

    [Fact]
    public void Survives_random_damage_with_an_artefact_error_or_a_whole_result()
    {
        string path = _folder.PathOf("a");
        SafetensorsFile.Write(path, [new("a", [3], [1f, 2f, 3f]), new("b", [2], [1L, 2L])], new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(1);

        for (int trial = 0; trial < 1000; trial++)
        {
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 4); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);
            try { SafetensorsFile.Read(path); }
            catch (ArtefactException) { }
        }
    }

    [Fact]
    public void Names_tensor_and_shapes_when_a_tensor_does_not_fit()
    {
        string path = _folder.PathOf("a");
        SafetensorsFile.Write(path, [new("a", [3], [1f, 2f, 3f])]);
        SafetensorsFile file = SafetensorsFile.Read(path);

        Assert.Contains("shape [2, 2], found [3]", Assert.Throws<ArtefactException>(() => file.Floats("a", 2, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("I64, found F32", Assert.Throws<ArtefactException>(() => file.Integers("a", 3)).Message, StringComparison.Ordinal);
        Assert.Contains("'c'", Assert.Throws<ArtefactException>(() => file.Floats("c", 3)).Message, StringComparison.Ordinal);
    }
}
