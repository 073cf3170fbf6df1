using System.Reflection;

namespace HiCorr.Pipeline.Scenes;

/// <summary>The class lists that HiCorr knows by name.</summary>
public static class ClassLists
{
    public const string ScanNet20 = "scannet20";

    private const string Prefix = "classes/";

    public static IReadOnlyList<string> Names { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name)).Order(StringComparer.Ordinal)];

    /// <summary>A list by name, letter case aside; null where there is none of that name.</summary>
    public static ClassList? Find(string name) => FindPrompts(name) is var (known, prompts) ? new ClassList(known, [.. prompts.Select(prompt => prompt.Name)]) : null;

    /// <summary>A list by name with what is looked for under each class.</summary>
    public static (string Name, IReadOnlyList<ClassPrompts> Prompts)? FindPrompts(string name)
    {
        string? known = Names.FirstOrDefault(candidate => string.Equals(candidate, name.Trim(), StringComparison.OrdinalIgnoreCase));
        if (known is null) return null;
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Prefix}{known}.txt")!;
        return (known, [.. Lines(new StreamReader(stream).ReadToEnd()).Select(line => ClassPrompts.Parse(line, known))]);
    }

    /// <summary>One name a line; blank lines and lines that start with # are left out.</summary>
    public static IReadOnlyList<string> Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')];
}
