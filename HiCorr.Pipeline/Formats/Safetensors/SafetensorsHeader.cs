using System.Text.Json;

namespace HiCorr.Pipeline.Formats.Safetensors;

/// <summary>The JSON in front of the data: what lies where. Offsets count from the end of the header.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsHeader.Entry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The format's own limit.</summary>
    public const int MaxBytes = 100_000_000;

    private const string MetadataName = "__metadata__";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    internal sealed record Entry(string Name, string Type, int[] Shape, int Count, long Begin, long End);

    /// <param name="file">For messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataBytes">Bytes that follow the header in the file.</param>
    /// <exception cref="ArtefactException">Not JSON, a field of the wrong kind, or offsets that do not cover the data exactly once.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlyMemory<byte> json, long dataBytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            JsonElement root = Expect(file, "header", document.RootElement, JsonValueKind.Object);
            var entries = new List<Entry>();
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (property.Name == MetadataName)
                    foreach (JsonProperty item in Expect(file, MetadataName, property.Value, JsonValueKind.Object).EnumerateObject())
                        metadata.Add(item.Name, Expect(file, $"{MetadataName}.{item.Name}", item.Value, JsonValueKind.String).GetString()!);
                else
                    entries.Add(ParseEntry(file, property.Name, property.Value));
            }
            entries.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
            CheckCoverage(file, entries, dataBytes);
            return new SafetensorsHeader(entries, metadata);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with bytes that are not UTF-8.
            throw new ArtefactException(file, "header", "JSON", error.Message, inner: error);
        }
    }

    public static byte[] Serialize(IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject(MetadataName);
                foreach ((string key, string value) in metadata.OrderBy(item => item.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            long offset = 0;
            foreach (SafetensorsTensor tensor in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", tensor.Type);
                writer.WriteStartArray("shape");
                foreach (int extent in tensor.Shape) writer.WriteNumberValue(extent);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += tensor.ByteCount);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        // Blanks after the JSON are allowed and let the data start at a multiple of eight bytes.
        while (stream.Length % 8 != 0) stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static Entry ParseEntry(string file, string name, JsonElement value)
    {
        string where = $"tensor '{name}'";
        Expect(file, where, value, JsonValueKind.Object);
        string type = Expect(file, $"{where} dtype", Field(file, where, value, "dtype"), JsonValueKind.String).GetString()!;
        int size = type switch
        {
            "F32" => sizeof(float),
            "I64" => sizeof(long),
            _ => throw new ArtefactException(file, $"{where} dtype", "F32 or I64", type),
        };

        JsonElement extents = Expect(file, $"{where} shape", Field(file, where, value, "shape"), JsonValueKind.Array);
        int[] shape = new int[extents.GetArrayLength()];
        long count = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            long extent = Whole(file, $"{where} shape[{i}]", extents[i], int.MaxValue);
            shape[i] = (int)extent;
            count *= extent;
            if (count > Array.MaxLength) throw new ArtefactException(file, $"{where} shape", $"at most {Array.MaxLength} elements", extents.GetRawText());
        }

        JsonElement offsets = Expect(file, $"{where} data_offsets", Field(file, where, value, "data_offsets"), JsonValueKind.Array);
        if (offsets.GetArrayLength() != 2) throw new ArtefactException(file, $"{where} data_offsets", "begin and end", offsets.GetRawText());
        long begin = Whole(file, $"{where} data_offsets", offsets[0], long.MaxValue);
        long end = Whole(file, $"{where} data_offsets", offsets[1], long.MaxValue);
        if (end - begin != count * size)
            throw new ArtefactException(file, $"{where} data_offsets", $"{count * size} bytes for {type} {extents.GetRawText()}", offsets.GetRawText());
        return new Entry(name, type, shape, (int)count, begin, end);
    }

    private static void CheckCoverage(string file, List<Entry> entries, long dataBytes)
    {
        long covered = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Begin != covered)
                throw new ArtefactException(file, $"tensor '{entry.Name}' data_offsets", $"a begin at {covered}, where the tensor before ends", $"{entry.Begin}");
            covered = entry.End;
            if (covered > dataBytes)
                throw new ArtefactException(file, $"tensor '{entry.Name}' data_offsets", $"an end within the {dataBytes} bytes of data", $"{covered}", "The file may be truncated");
        }
        if (covered != dataBytes) throw new ArtefactException(file, "data", $"{covered} bytes as the header says", $"{dataBytes} bytes");
    }

    private static JsonElement Field(string file, string where, JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement field) ? field : throw new ArtefactException(file, where, $"a field '{name}'", "none");

    private static JsonElement Expect(string file, string where, JsonElement value, JsonValueKind kind) =>
        value.ValueKind == kind ? value : throw new ArtefactException(file, where, $"JSON {kind.ToString().ToLowerInvariant()}", value.ValueKind.ToString().ToLowerInvariant());

    private static long Whole(string file, string where, JsonElement value, long most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long whole) && whole >= 0 && whole <= most
            ? whole
            : throw new ArtefactException(file, where, $"a whole number from 0 to {most}", value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.ValueKind.ToString().ToLowerInvariant());
}
