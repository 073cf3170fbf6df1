using System.Text.RegularExpressions;

namespace HiCorr.Native.Cuda.Compilation;

/// <summary>The text of <c>cuda/</c>, which is part of the assembly: kernels are compiled where they run.</summary>
/// <param name="sources">Text by name without ending: "gelu" for <c>cuda/gelu.cu</c>.</param>
/// <param name="headers">Text by the name that an include gives: "common/math.cuh".</param>
public sealed partial class KernelSources(IReadOnlyDictionary<string, string> sources, IReadOnlyDictionary<string, string> headers)
{
    private const string Prefix = "cuda/", SourceEnding = ".cu", HeaderEnding = ".cuh";
    private static readonly Lazy<KernelSources> s_embedded = new(ReadEmbedded);

    /// <summary>What this assembly ships.</summary>
    public static KernelSources Embedded => s_embedded.Value;

    /// <summary>The sources in alphabetical order.</summary>
    public IEnumerable<string> Names => sources.Keys.Order(StringComparer.Ordinal);

    /// <summary>The headers in alphabetical order, each under one name: headers may include each other with or without the folder.</summary>
    public IReadOnlyList<(string Name, string Text)> Headers { get; } =
        // NVRTC takes a header by the text between the quotes and nothing else, and "#pragma once" holds per name.
        [.. headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => (header.Key, BareInclude().Replace(header.Value, "$1common/")))];

    /// <exception cref="ArgumentException">There is no source of this name.</exception>
    public string Read(string name) => sources.TryGetValue(name, out string? text)
        ? text
        : throw new ArgumentException($"there is no kernel source cuda/{name}.cu; there are {string.Join(", ", Names)}", nameof(name));

    /// <summary>The kernels of a source that a step spends its time in: those with a line <c>// hot</c> right above.</summary>
    /// <inheritdoc cref="Read"/>
    public IReadOnlyList<string> HotKernels(string name) => [.. HotKernel().Matches(Read(name)).Select(match => match.Groups[1].Value)];

    // // hot
    // KERNEL(256) gelu_forward(const float* x, ...)
    [GeneratedRegex("""^// hot\s*\n\s*KERNEL\s*\([^)]*\)\s*(?:void\s+)?(\w+)""", RegexOptions.Multiline)]
    private static partial Regex HotKernel();

    [GeneratedRegex("""^(\s*#\s*include\s*")(?=[^"/]+")""", RegexOptions.Multiline)]
    private static partial Regex BareInclude();

    private static KernelSources ReadEmbedded()
    {
        var assembly = typeof(KernelSources).Assembly;
        var sources = new Dictionary<string, string>();
        var headers = new Dictionary<string, string>();
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            string name = resource[Prefix.Length..], text = reader.ReadToEnd();
            if (name.EndsWith(HeaderEnding, StringComparison.Ordinal)) headers[name] = text;
            else sources[name[..^SourceEnding.Length]] = text;
        }
        return new KernelSources(sources, headers);
    }
}
