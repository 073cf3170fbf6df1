using System.Globalization;
using System.Reflection;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HiCorr.Pipeline.Config;

/// <summary>Merges default, preset, method, file and single settings, in that order, into a <see cref="Configuration"/>.</summary>
public static class ConfigurationLoader
{
    public static IReadOnlyList<string> PresetNames { get; } = NamesIn("presets");

    /// <summary>The systems of the comparison: each is the settings that make it, and no others.</summary>
    public static IReadOnlyList<string> Methods { get; } = NamesIn("methods");

    /// <param name="preset">Name of an embedded preset, or null.</param>
    /// <param name="file">A YAML file of the user's, or null.</param>
    /// <param name="settings">key=value pairs, later ones win.</param>
    /// <param name="method">One of <see cref="Methods"/>, or null for what the preset says.</param>
    /// <exception cref="ConfigurationException">Unknown preset, method or key, or a value it cannot take.</exception>
    /// <exception cref="InputException">The file cannot be read as YAML.</exception>
    public static Configuration Load(string? preset, string? file, IEnumerable<(string Key, string Value)> settings, string? method = null)
    {
        Dictionary<string, string> values = Flatten("default preset", ReadEmbedded("preset", "default", PresetNames));
        if (preset is not null and not "default") MergeEmbedded("preset", preset, PresetNames);
        if (method is not null) MergeEmbedded("method", method, Methods);
        if (file is not null)
        {
            if (!File.Exists(file)) throw new InputException(file, null, "a YAML configuration", "no such file");
            Merge(values, Flatten(file, File.ReadAllText(file)), file);
        }
        foreach ((string key, string value) in settings) Merge(values, new() { [key] = value }, "--set");
        return (Configuration)Bind(typeof(Configuration), "", values);

        void MergeEmbedded(string kind, string name, IReadOnlyList<string> names) => Merge(values, Flatten($"{kind} '{name}'", ReadEmbedded(kind, name, names)), $"{kind} '{name}'");
    }

    /// <summary>The configuration as YAML that <see cref="Load"/> reads back to the same values.</summary>
    public static string ToYaml(Configuration configuration)
    {
        var text = new StringBuilder();
        Append(text, configuration, 0);
        return text.ToString();
    }

    private static IReadOnlyList<string> NamesIn(string folder) =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name)).Order(StringComparer.Ordinal)];

    private static string ReadEmbedded(string kind, string name, IReadOnlyList<string> names)
    {
        string known = $"{char.ToUpperInvariant(kind[0])}{kind[1..]}s: {string.Join(", ", names)}";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{kind}s/{name}.yaml")
            ?? throw new ConfigurationException($"--{kind}", $"there is no {kind} '{name}'", Suggestion.Nearest(name, names) is { } nearest ? $"Did you mean '{nearest}'? {known}" : known);
        return new StreamReader(stream).ReadToEnd();
    }

    private static void Merge(Dictionary<string, string> values, Dictionary<string, string> more, string source)
    {
        foreach ((string key, string value) in more)
        {
            if (values.ContainsKey(key)) values[key] = value;
            else if (values.Keys.FirstOrDefault(known => known.StartsWith(key + ".", StringComparison.Ordinal)) is not { } inside)
                throw new ConfigurationException(key, $"unknown key in {source}", Suggestion.For(key, values.Keys));
            // "train:" with every line below it commented out is an empty section, not a value.
            else if (value.Length > 0) throw new ConfigurationException(key, $"is a section, but has the value '{value}' in {source}", $"Its settings are {key}.NAME, for example {inside}");
        }
    }

    private static Dictionary<string, string> Flatten(string source, string yaml)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            throw new InputException(source, $"line {error.Start.Line}", "YAML", error.Message, inner: error);
        }
        if (stream.Documents.Count > 0) Visit(stream.Documents[0].RootNode, "");
        return values;

        void Visit(YamlNode node, string key)
        {
            switch (node)
            {
                case YamlMappingNode map:
                    foreach ((YamlNode name, YamlNode child) in map.Children) Visit(child, key.Length == 0 ? name.ToString() : $"{key}.{name}");
                    break;
                case YamlScalarNode scalar when key.Length > 0:
                    values[key] = scalar.Value ?? "";
                    break;
                default:
                    throw new InputException(source, $"line {node.Start.Line}", "keys with a single value each",
                        node is YamlScalarNode ? "a value without a key" : "a list");
            }
        }
    }

    private static object Bind(Type type, string prefix, Dictionary<string, string> values)
    {
        object result = System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        foreach (PropertyInfo property in Settings(type))
        {
            string key = prefix + SnakeCase(property.Name);
            object value = IsSection(property) ? Bind(property.PropertyType, key + ".", values) : Setting.Parse(property, key, values[key]);
            property.SetValue(result, value);
        }
        return result;
    }

    private static void Append(StringBuilder text, object section, int indent)
    {
        foreach (PropertyInfo property in Settings(section.GetType()))
        {
            object value = property.GetValue(section)!;
            text.Append(' ', indent).Append(SnakeCase(property.Name)).Append(':');
            if (IsSection(property))
            {
                text.Append('\n');
                Append(text, value, indent + 2);
            }
            else
            {
                string scalar = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                if (value is string) scalar = "\"" + scalar.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
                text.Append(' ').Append(value is bool ? scalar.ToLowerInvariant() : scalar).Append('\n');
            }
        }
    }

    private static IEnumerable<PropertyInfo> Settings(Type type) => type.GetProperties().Where(property => property.CanWrite);

    private static bool IsSection(PropertyInfo property) => property.PropertyType.Namespace == typeof(Configuration).Namespace;

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
