using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>The rows of <c>hicorr compare</c>: a row a method.</summary>
public static class MethodRows
{
    /// <summary>HICL, the method that the others are compared with.</summary>
    public const string Own = "hicorr";

    /// <summary>
    /// ScanNet val mIoU in %, each as its own authors report it but OpenScene's, which others measured with MaskCLIP's features (HICL Sec. 4: the
    /// one that combines image and point features). HICL's reproduction of CLIP2Scene reaches 28.8.
    /// </summary>
    private static readonly Dictionary<string, double> s_paper = new()
    {
        [Own] = 36.6,
        ["clip2scene"] = 25.1,
        ["sam-refine"] = 33.5,
        ["openscene-ensemble"] = 16.8,
    };

    /// <summary>Every method, HICL first, the others by name.</summary>
    public static IReadOnlyList<ComparisonRow> All { get; } = [.. ConfigurationLoader.Methods.OrderBy(name => name != Own).ThenBy(name => name, StringComparer.Ordinal).Select(Of)];

    /// <exception cref="ConfigurationException">There is no method of this name.</exception>
    public static ComparisonRow Find(string name) =>
        All.FirstOrDefault(row => row.Method == name) ?? throw new ConfigurationException("--methods", $"there is no method '{name}'", Suggestion.For(name, ConfigurationLoader.Methods));

    private static ComparisonRow Of(string method) => new(method, method, [], s_paper.TryGetValue(method, out double paper) ? paper : null);
}
