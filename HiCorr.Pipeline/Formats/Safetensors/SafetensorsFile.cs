using System.Buffers.Binary;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Safetensors;

/// <summary>
/// Named tensors and string metadata in one file, as huggingface/safetensors defines it: the header's length (8 bytes, little
/// endian), the header (JSON), the data without gaps. Of its element types F32 and I64 are known.
/// </summary>
public sealed class SafetensorsFile
{
    private readonly Dictionary<string, SafetensorsTensor> _tensors;

    private SafetensorsFile(string path, Dictionary<string, SafetensorsTensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        (Path, _tensors, Metadata) = (path, tensors, metadata);

    public string Path { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors in the order of their data.</summary>
    public IReadOnlyCollection<SafetensorsTensor> Tensors => _tensors.Values;

    /// <summary>Writes the file atomically; the same tensors and metadata give the same bytes.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    public static void Write(string path, IEnumerable<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Wide elements first, so that each tensor starts at a multiple of its element size.
        SafetensorsTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.ElementSize)];
        if (ordered.DistinctBy(tensor => tensor.Name).Count() != ordered.Length) throw new ArgumentException("two tensors share a name", nameof(tensors));
        byte[] header = SafetensorsHeader.Serialize(ordered, metadata ?? new Dictionary<string, string>());
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(length);
            stream.Write(header);
            foreach (SafetensorsTensor tensor in ordered) tensor.ForEachBlock(bytes => stream.Write(bytes));
        });
    }

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="ArtefactException">Missing, truncated, or a header that does not describe the data.</exception>
    public static SafetensorsFile Read(string path)
    {
        if (!File.Exists(path)) throw new ArtefactException(path, null, "a safetensors file", "no such file");
        using FileStream stream = File.OpenRead(path);
        if (stream.Length < sizeof(ulong)) throw new ArtefactException(path, "offset 0", "8 bytes with the header's length", $"{stream.Length} bytes");
        byte[] length = new byte[sizeof(ulong)];
        stream.ReadExactly(length);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        ulong most = (ulong)Math.Min(stream.Length - sizeof(ulong), SafetensorsHeader.MaxBytes);
        if (headerBytes > most) throw new ArtefactException(path, "offset 0", $"a header of at most {most} bytes", $"{headerBytes}", "The file may be truncated or not be safetensors");

        byte[] json = new byte[headerBytes];
        stream.ReadExactly(json);
        var header = SafetensorsHeader.Parse(path, json, stream.Length - stream.Position);
        var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        foreach (SafetensorsHeader.Entry entry in header.Entries)
        {
            SafetensorsTensor tensor = entry.Type == "F32"
                ? new(entry.Name, entry.Shape, new float[entry.Count])
                : new(entry.Name, entry.Shape, new long[entry.Count]);
            tensor.ForEachBlock(stream.ReadExactly);
            tensors.Add(entry.Name, tensor);
        }
        return new SafetensorsFile(path, tensors, header.Metadata);
    }

    /// <summary>The elements of a float32 tensor of exactly this shape.</summary>
    /// <exception cref="ArtefactException">It is absent, of another type or of another shape.</exception>
    public float[] Floats(string name, params ReadOnlySpan<int> shape)
    {
        SafetensorsTensor tensor = Find(name, shape);
        return tensor.Floats ?? throw new ArtefactException(Path, $"tensor '{name}'", "F32", tensor.Type);
    }

    /// <summary>The elements of an int64 tensor of exactly this shape.</summary>
    /// <exception cref="ArtefactException">It is absent, of another type or of another shape.</exception>
    public long[] Integers(string name, params ReadOnlySpan<int> shape)
    {
        SafetensorsTensor tensor = Find(name, shape);
        return tensor.Integers ?? throw new ArtefactException(Path, $"tensor '{name}'", "I64", tensor.Type);
    }

    /// <exception cref="ArtefactException">The metadata has no such entry.</exception>
    public string MetadataValue(string key) =>
        Metadata.TryGetValue(key, out string? value) ? value : throw new ArtefactException(Path, "__metadata__", $"an entry '{key}'", "none");

    private SafetensorsTensor Find(string name, ReadOnlySpan<int> shape)
    {
        if (!_tensors.TryGetValue(name, out SafetensorsTensor? tensor)) throw new ArtefactException(Path, null, $"a tensor '{name}'", "none");
        return shape.SequenceEqual(tensor.Shape)
            ? tensor
            : throw new ArtefactException(Path, $"tensor '{name}'", $"shape [{string.Join(", ", shape.ToArray())}]", $"[{string.Join(", ", tensor.Shape)}]");
    }
}
