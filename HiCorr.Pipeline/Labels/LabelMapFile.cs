using System.Buffers.Binary;
using System.IO.Compression;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Labels;

/// <summary>
/// One label map in a file: "HCLM", version, width, height, image width, image height (int32, little endian), then labels, confidences
/// and, in version 2, entropies in one zlib stream.
/// </summary>
public static class LabelMapFile
{
    public const string Extension = ".labels";

    private const int HeaderBytes = 24;
    private const int WithoutEntropy = 1, WithEntropy = 2;
    private const int MaxSide = 1 << 15;

    /// <summary>No deflate stream expands further.</summary>
    private const long MaxExpansion = 1032;

    private static ReadOnlySpan<byte> Magic => "HCLM"u8;

    /// <summary>Writes the file atomically.</summary>
    public static void Write(string path, LabelMap map)
    {
        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        int[] fields = [map.Entropy is null ? WithoutEntropy : WithEntropy, map.Width, map.Height, map.ImageWidth, map.ImageHeight];
        for (int i = 0; i < fields.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4 * (i + 1)), fields[i]);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            using var zlib = new ZLibStream(stream, CompressionLevel.Fastest, leaveOpen: true);
            zlib.Write(map.Labels);
            zlib.Write(map.Confidence);
            zlib.Write(map.Entropy);
        });
    }

    /// <exception cref="ArtefactException">Missing, of another version, or damaged.</exception>
    public static LabelMap Read(string path)
    {
        const string Hint = "Delete the folder to have its label maps made again";
        if (!File.Exists(path)) throw new ArtefactException(path, null, "a label map", "no such file", Hint);
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < HeaderBytes || !bytes.AsSpan(0, 4).SequenceEqual(Magic))
            throw new ArtefactException(path, "offset 0", $"'HCLM' and {HeaderBytes} bytes of header", $"{bytes.Length} other bytes", Hint);
        if (Field(1) is not (WithoutEntropy or WithEntropy)) throw new ArtefactException(path, "offset 4", $"version {WithoutEntropy} or {WithEntropy}", $"{Field(1)}", Hint);
        for (int i = 2; i <= 5; i++)
            if (Field(i) is < 1 or > MaxSide) throw new ArtefactException(path, $"offset {4 * i}", $"a side of 1 to {MaxSide} pixels", $"{Field(i)}", Hint);
        int pixels = Field(2) * Field(3);
        long length = (Field(1) == WithEntropy ? 3L : 2L) * pixels;
        if (length > MaxExpansion * (bytes.Length - HeaderBytes))
            throw new ArtefactException(path, $"offset {HeaderBytes}", $"data of {Field(2)} x {Field(3)} pixels", $"{bytes.Length - HeaderBytes} bytes", Hint);

        byte[] labels = new byte[pixels], confidence = new byte[pixels];
        byte[]? entropy = Field(1) == WithEntropy ? new byte[pixels] : null;
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(bytes, HeaderBytes, bytes.Length - HeaderBytes), CompressionMode.Decompress);
            zlib.ReadExactly(labels);
            zlib.ReadExactly(confidence);
            zlib.ReadExactly(entropy);
            // The stream checks its sum only when it is read to its end.
            if (zlib.ReadByte() >= 0) throw new InvalidDataException("more than the header says");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new ArtefactException(path, $"offset {HeaderBytes}", $"a zlib stream with {length} bytes", error.Message, Hint, error);
        }
        return new LabelMap(Field(2), Field(3), Field(4), Field(5), labels, confidence, entropy);

        int Field(int index) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * index));
    }
}
