using System.Globalization;
using System.Text;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>One property of an element; a list has a type for its count.</summary>
internal sealed record PlyProperty(string Name, PlyType Type, PlyType? CountType)
{
    public bool IsList => CountType is not null;

    /// <summary>Smallest size in bytes in a binary file.</summary>
    public int Size => PlyTypes.SizeOf(CountType ?? Type);
}

/// <summary>One element with its rows.</summary>
internal sealed record PlyElement(string Name, long Count, List<PlyProperty> Properties)
{
    public bool HasLists => Properties.Exists(p => p.IsList);

    /// <summary>Bytes of a row in a binary file; a lower bound where there are lists.</summary>
    public int Stride
    {
        get
        {
            int stride = 0;
            foreach (PlyProperty property in Properties) stride += property.Size;
            return stride;
        }
    }
}

/// <summary>The text before the values of a PLY file.</summary>
internal sealed record PlyHeader(PlyFormat Format, IReadOnlyList<PlyElement> Elements, int DataOffset)
{
    private const int MaximumLines = 10_000;
    private const int MaximumStride = 1 << 16;

    public static PlyHeader Parse(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 4 || !file[..3].SequenceEqual("ply"u8) || file[3] is not ((byte)'\n' or (byte)'\r'))
            throw new InputException(name, "offset 0", "the signature 'ply' of a PLY file", Bytes.Show(file));
        PlyFormat? format = null;
        var elements = new List<PlyElement>();
        int offset = 0;
        for (int line = 1; ; line++)
        {
            int end = file[offset..].IndexOf((byte)'\n');
            if (end < 0 || line > MaximumLines) throw new InputException(name, $"line {line}", "'end_header'", end < 0 ? "the end of the file" : "a longer header");
            string text = Encoding.Latin1.GetString(file.Slice(offset, end)).TrimEnd('\r');
            offset += end + 1;
            string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words.Length == 0 ? "" : words[0])
            {
                case "" or "ply" or "comment" or "obj_info": break;
                case "format": format = ParseFormat(words, line, name); break;
                case "element": elements.Add(ParseElement(words, line, name)); break;
                case "property": AddProperty(elements, words, line, name); break;
                case "end_header":
                    if (format is null) throw new InputException(name, $"line {line}", "a line 'format' before it", "none");
                    if (elements.Find(e => e.Count > 0 && e.Properties.Count == 0) is { } empty)
                        throw new InputException(name, $"line {line}", $"properties of element '{empty.Name}'", "none");
                    return new PlyHeader(format.Value, elements, offset);
                default: throw new InputException(name, $"line {line}", "'format', 'element', 'property', 'comment' or 'end_header'", Bytes.Show(text));
            }
        }
    }

    private static PlyFormat ParseFormat(string[] words, int line, string name) => words.Length < 3 || words[2] != "1.0"
        ? throw new InputException(name, $"line {line}", "a format of version 1.0", Bytes.Show(string.Join(' ', words)))
        : words[1] switch
        {
            "ascii" => PlyFormat.Ascii,
            "binary_little_endian" => PlyFormat.BinaryLittleEndian,
            "binary_big_endian" => PlyFormat.BinaryBigEndian,
            _ => throw new InputException(name, $"line {line}", "'ascii', 'binary_little_endian' or 'binary_big_endian'", Bytes.Show(words[1])),
        };

    private static PlyElement ParseElement(string[] words, int line, string name)
    {
        if (words.Length != 3 || !long.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > Array.MaxLength)
            throw new InputException(name, $"line {line}", $"an element with a count from 0 to {Array.MaxLength}", Bytes.Show(string.Join(' ', words)));
        return new PlyElement(words[1], count, []);
    }

    private static void AddProperty(List<PlyElement> elements, string[] words, int line, string name)
    {
        string text = Bytes.Show(string.Join(' ', words));
        if (elements.Count == 0) throw new InputException(name, $"line {line}", "an element before its property", text);
        bool list = words.Length == 5 && words[1] == "list";
        if (!list && words.Length != 3) throw new InputException(name, $"line {line}", "a type and a name, or 'list', two types and a name", text);
        PlyType? type = PlyTypes.Parse(list ? words[3] : words[1]), countType = list ? PlyTypes.Parse(words[2]) : null;
        if (type is null || (list && (countType is null || PlyTypes.IsReal(countType.Value))))
            throw new InputException(name, $"line {line}", "types such as uchar, int, float, and a whole number type for counts", text);
        if (elements[^1].Properties.Exists(p => p.Name == words[^1])) throw new InputException(name, $"line {line}", "a property name once per element", text);
        elements[^1].Properties.Add(new PlyProperty(words[^1], type.Value, countType));
        if (elements[^1].Stride > MaximumStride) throw new InputException(name, $"line {line}", $"rows of at most {MaximumStride} bytes", "longer rows");
    }
}
