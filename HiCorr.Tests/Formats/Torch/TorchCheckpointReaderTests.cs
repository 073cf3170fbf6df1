using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Pipeline.Formats.Torch;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Formats.Torch;

public sealed class TorchCheckpointReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>golden/minkowski/minkunet14a: the bytes of every tensor against their SHA-256.</summary>
    [Fact]
    public void Reads_every_tensor_of_the_golden_checkpoint()
    {
        GoldenCase golden = GoldenCase.Open("minkowski/minkunet14a");
        var tensors = TorchCheckpointReader.Read(golden.PathOf("weights.pth")).ToDictionary(t => t.Name, t => t.Tensor);

        foreach (string list in new[] { "parameters", "buffers" })
            foreach (JsonElement expected in golden.Description.GetProperty(list).EnumerateArray())
            {
                TorchTensor tensor = tensors[expected.GetProperty("name").GetString()!];
                Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()), tensor.Shape);
                ReadOnlySpan<byte> bytes = tensor.IsFloat ? MemoryMarshal.AsBytes(tensor.Floats.Span) : MemoryMarshal.AsBytes(tensor.Integers.Span);
                Assert.Equal(expected.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
            }
        Assert.Equal(98 + (3 * 32), tensors.Count);
    }

    [Fact]
    public void A_checkpoint_cut_short_anywhere_is_one_clear_error()
    {
        string path = Write("cut.pth", Tensor("a", "0", 2), ("data/0", [0, 0, 128, 63, 0, 0, 0, 64]));
        byte[] whole = File.ReadAllBytes(path);
        Assert.Equal([1, 2], Assert.Single(TorchCheckpointReader.Read(path)).Tensor.Floats.ToArray());

        for (int length = 0; length < whole.Length; length += 3)
        {
            File.WriteAllBytes(path, whole[..length]);
            var error = Assert.Throws<ArtefactException>(() => TorchCheckpointReader.Read(path));
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_checkpoint_with_any_byte_changed_is_read_or_refused_but_never_a_crash()
    {
        string path = Write("changed.pth", Tensor("a", "0", 2), ("data/0", new byte[8]));
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0xff;
            File.WriteAllBytes(path, changed);
            try
            {
                TorchCheckpointReader.Read(path);
            }
            catch (ArtefactException)
            {
                // What the reader is to throw; anything else fails the test.
            }
        }
    }

    [Theory]
    [InlineData("cposix\nsystem\n(X\u0004\0\0\0truetR.", "posix.system")]
    [InlineData("cbuiltins\neval\n(X\u0001\0\0\01tR.", "builtins.eval")]
    public void Code_in_a_checkpoint_is_refused_by_name_and_not_run(string pickle, string name)
    {
        string path = Write("code.pth", Encoding.Latin1.GetBytes(pickle));

        var error = Assert.Throws<ArtefactException>(() => TorchCheckpointReader.Read(path));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_storage_of_another_length_than_the_tensor_says_is_refused()
    {
        string path = Write("short.pth", Tensor("a", "0", 1_000_000_000), ("data/0", new byte[8]));

        var error = Assert.Throws<ArtefactException>(() => TorchCheckpointReader.Read(path));

        Assert.Contains("storage 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_network_names_the_tensor_that_does_not_fit()
    {
        string path = Write("other.pth", Tensor("module.net3d.conv0p1s1.kernel", "0", 2), ("data/0", new byte[8]));
        using var device = new CpuDevice(1);
        using var network = new MinkUNet14A(device, 3, 8);

        var error = Assert.Throws<ArtefactException>(() => TorchStateImport.Load(path, network));

        Assert.Contains("'conv0p1s1.kernel': expected float32 [27, 3, 32], found float32 [2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_one_clear_error() =>
        Assert.Throws<ArtefactException>(() => TorchCheckpointReader.Read(_folder.PathOf("none.pth")));

    /// <summary>The pickle of {name: one-dimensional float tensor over a storage}.</summary>
    private static byte[] Tensor(string name, string key, int count)
    {
        var pickle = new MemoryStream();
        void Text(string text) => pickle.Write(Encoding.Latin1.GetBytes(text));
        void String(string text)
        {
            Text("X");
            pickle.Write(BitConverter.GetBytes(text.Length));
            Text(text);
        }
        void Integer(int value)
        {
            Text("J");
            pickle.Write(BitConverter.GetBytes(value));
        }
        Text("\u0080\u0002}");
        String(name);
        Text("ctorch._utils\n_rebuild_tensor_v2\n((");
        String("storage");
        Text("ctorch\nFloatStorage\n");
        String(key);
        String("cpu");
        Integer(count);
        Text("tQ");
        Integer(0);
        Integer(count);
        Text("\u0085");
        Integer(1);
        Text("\u0085\u0089ccollections\nOrderedDict\n)RtRs.");
        return pickle.ToArray();
    }

    private string Write(string name, byte[] pickle, params (string Name, byte[] Bytes)[] entries)
    {
        string path = _folder.PathOf(name);
        using var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach ((string entry, byte[] bytes) in entries.Prepend(("data.pkl", pickle)))
        {
            using Stream stream = archive.CreateEntry("weights/" + entry, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
        return path;
    }
}
