using HiCorr.Pipeline.Labels;

namespace HiCorr.Tests.Labels;

public sealed class LabelMapFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static LabelMap WithEntropy()
    {
        byte[] entropy = new byte[7 * 5];
        new Random(4).NextBytes(entropy);
        return Sample() with { Entropy = entropy };
    }

    private static LabelMap Sample()
    {
        byte[] labels = new byte[7 * 5], confidence = new byte[7 * 5];
        new Random(3).NextBytes(confidence);
        for (int i = 0; i < labels.Length; i++) labels[i] = (byte)(i % 3 == 0 ? 255 : i / 7);
        return new LabelMap(7, 5, 14, 10, labels, confidence);
    }

    [Fact]
    public void Gives_back_what_was_written()
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, Sample());

        LabelMap map = LabelMapFile.Read(path);

        Assert.Equal((7, 5, 14, 10), (map.Width, map.Height, map.ImageWidth, map.ImageHeight));
        Assert.Equal(Sample().Labels, map.Labels);
        Assert.Equal(Sample().Confidence, map.Confidence);
        Assert.Null(map.Entropy);
    }

    [Fact]
    public void Gives_back_the_entropy_where_there_is_one()
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, WithEntropy());

        LabelMap map = LabelMapFile.Read(path);

        Assert.Equal(Sample().Labels, map.Labels);
        Assert.Equal(Sample().Confidence, map.Confidence);
        Assert.Equal(WithEntropy().Entropy, map.Entropy);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void Refuses_a_version_that_the_data_does_not_have(byte written, byte claimed)
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, written == 2 ? WithEntropy() : Sample());
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(written, bytes[4]);
        bytes[4] = claimed;
        File.WriteAllBytes(path, bytes);

        Assert.Contains("zlib", Assert.Throws<ArtefactException>(() => LabelMapFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuses_every_truncation_of_header_and_data(bool withEntropy)
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, withEntropy ? WithEntropy() : Sample());
        byte[] whole = File.ReadAllBytes(path);

        // The last four bytes are the checksum, which only damage needs.
        for (int length = 0; length < whole.Length - 8; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<ArtefactException>(() => LabelMapFile.Read(path));
        }
    }

    [Theory]
    [InlineData(0, "offset 0")]
    [InlineData(4, "offset 4")]
    [InlineData(11, "offset 8")]
    [InlineData(30, "zlib")]
    public void Names_the_place_when_a_byte_is_damaged(int offset, string where)
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, Sample());
        byte[] bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 0x55;
        File.WriteAllBytes(path, bytes);

        Assert.Contains(where, Assert.Throws<ArtefactException>(() => LabelMapFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_sizes_that_the_data_cannot_hold_before_it_asks_for_memory()
    {
        string path = _folder.PathOf("a.labels");
        LabelMapFile.Write(path, Sample());
        byte[] bytes = File.ReadAllBytes(path);
        BitConverter.GetBytes(1 << 15).CopyTo(bytes, 8);
        BitConverter.GetBytes(1 << 15).CopyTo(bytes, 12);
        File.WriteAllBytes(path, bytes);

        Assert.Contains("32768 x 32768", Assert.Throws<ArtefactException>(() => LabelMapFile.Read(path)).Message, StringComparison.Ordinal);
    }
}
