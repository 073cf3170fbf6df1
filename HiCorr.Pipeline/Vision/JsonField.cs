using System.Text.Json;

namespace HiCorr.Pipeline.Vision;

/// <summary>A place in a JSON file of a model pack; what does not fit there is an error that names file and field.</summary>
internal readonly record struct JsonField(string File, string Name, JsonElement? Value)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private const long MaxFileBytes = 16 << 20;

    /// <exception cref="ArtefactException">The file is missing, far too large for its purpose, or no JSON.</exception>
    public static JsonField Read(string file)
    {
        if (!System.IO.File.Exists(file)) throw new ArtefactException(file, null, "a file of the model pack", "no such file");
        long length = new FileInfo(file).Length;
        if (length > MaxFileBytes) throw new ArtefactException(file, null, $"at most {MaxFileBytes} bytes of JSON", $"{length} bytes");
        try
        {
            using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(file), Strict);
            return new JsonField(file, "", document.RootElement.Clone());
        }
        catch (JsonException error)
        {
            throw new ArtefactException(file, error.LineNumber is { } line ? $"line {line + 1}" : null, "JSON", error.Message, inner: error);
        }
        catch (InvalidOperationException error)
        {
            // Names of fields that are no text in UTF-8: they are compared with each other.
            throw new ArtefactException(file, null, "JSON text in UTF-8", error.Message, inner: error);
        }
    }

    public bool IsPresent => Value is { ValueKind: not JsonValueKind.Null };

    /// <summary>The field of an object; absent where the object has none or is itself absent.</summary>
    public JsonField this[string name]
    {
        get
        {
            if (!IsPresent) return new JsonField(File, PathOf(name), null);
            JsonElement parent = Expect(JsonValueKind.Object, "an object");
            return new JsonField(File, PathOf(name), parent.TryGetProperty(name, out JsonElement child) ? child : null);
        }
    }

    public IReadOnlyList<JsonField> Items()
    {
        var items = new List<JsonField>();
        foreach (JsonElement item in Expect(JsonValueKind.Array, "a list").EnumerateArray()) items.Add(new JsonField(File, $"{Name}[{items.Count}]", item));
        return items;
    }

    /// <summary>Names and values of an object's fields.</summary>
    public IReadOnlyList<(string Name, JsonField Field)> Fields()
    {
        var fields = new List<(string, JsonField)>();
        JsonElement parent = Expect(JsonValueKind.Object, "an object");
        try
        {
            foreach (JsonProperty property in parent.EnumerateObject()) fields.Add((property.Name, new JsonField(File, PathOf(property.Name), property.Value)));
        }
        catch (InvalidOperationException error)
        {
            throw Mismatch("names in UTF-8", error.Message);
        }
        return fields;
    }

    public string Text()
    {
        JsonElement text = Expect(JsonValueKind.String, "a text");
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Mismatch("text in UTF-8", Kind());
        }
    }

    /// <summary>One of the given words, letter case aside.</summary>
    public string Word(params string[] allowed)
    {
        string text = Text();
        foreach (string word in allowed) if (string.Equals(text, word, StringComparison.OrdinalIgnoreCase)) return word;
        throw Mismatch(string.Join(" or ", allowed), $"\"{text}\"");
    }

    public bool Flag() => IsPresent && Value!.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? Value.Value.GetBoolean()
        : throw Mismatch("true or false", Kind());

    public int Whole(int least, int most) =>
        IsPresent && Value!.Value.ValueKind == JsonValueKind.Number && Value.Value.TryGetInt32(out int whole) && whole >= least && whole <= most
            ? whole
            : throw Mismatch($"a whole number from {least} to {most}", Kind());

    public double Number() =>
        IsPresent && Value!.Value.ValueKind == JsonValueKind.Number && Value.Value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Mismatch("a number", Kind());

    /// <summary>The name of a file inside the pack's folder.</summary>
    public string FileName()
    {
        string name = Text();
        bool inside = name.Length > 0 && !Path.IsPathRooted(name) && !name.Contains('\\', StringComparison.Ordinal)
            && !name.Split('/').Any(part => part is "" or "." or "..");
        return inside ? name : throw Mismatch("the name of a file inside the pack", $"\"{name}\"");
    }

    public ArtefactException Mismatch(string expected, string found, string? hint = null) =>
        new(File, Name.Length == 0 ? null : $"field '{Name}'", expected, found, hint);

    private string PathOf(string name) => Name.Length == 0 ? name : $"{Name}.{name}";

    private JsonElement Expect(JsonValueKind kind, string expected) =>
        IsPresent && Value!.Value.ValueKind == kind ? Value.Value : throw Mismatch(expected, Kind());

    private string Kind()
    {
        if (!IsPresent) return "nothing";
        string raw = Value!.Value.GetRawText();
        return raw.Length <= 60 ? raw : raw[..60] + "...";
    }
}
