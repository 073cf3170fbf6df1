using System.Globalization;
using System.Reflection;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HiCorr.Pipeline.Config;

/// <summary>Merges default, preset, file and single settings, in that order, into a <see cref="Configuration"/>.</summary>
public static class ConfigurationLoader
{
    public static IReadOnlyList<string> PresetNames { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith("presets/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name)).Order(StringComparer.Ordinal)];

    /// <param name="preset">Name of an embedded preset, or null.</param>
    /// <param name="file">A YAML file of the user's, or null.</param>
    /// <param name="settings">key=value pairs, later ones win.</param>
    /// <exception cref="ConfigurationException">Unknown key, or a value it cannot take.</exception>
    /// <exception cref="InputException">The file cannot be read as YAML.</exception>
    public static Configuration Load(string? preset, string? file, IEnumerable<(string Key, string Value)> settings)
    {
        Dictionary<string, string> values = Flatten("default preset", ReadPreset("default"));
        if (preset is not null and not "default") Merge(values, Flatten($"preset '{preset}'", ReadPreset(preset)), $"preset '{preset}'");
        if (file is not null)
        {
            if (!File.Exists(file)) throw new InputException(file, null, "a YAML configuration", "no such file");
            Merge(values, Flatten(file, File.ReadAllText(file)), file);
        }
        foreach ((string key, string value) in settings) Merge(values, new() { [key] = value }, "--set");
        return (Configuration)Bind(typeof(Configuration), "", values);
    }

    /// <summary>The configuration as YAML that <see cref="Load"/> reads back to the same values.</summary>
    public static string ToYaml(Configuration configuration)
    {
        var text = new StringBuilder();
        Append(text, configuration, 0);
        return text.ToString();
    }

    private static string ReadPreset(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"presets/{name}.yaml")
            ?? throw new ConfigurationException("--preset", $"there is no preset '{name}'", $"Presets: {string.Join(", ", PresetNames)}");
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
