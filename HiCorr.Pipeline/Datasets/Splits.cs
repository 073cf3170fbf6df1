using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Datasets;

/// <summary>The names of splits that every data set knows, whether it has them or not.</summary>
internal static class Splits
{
    public const string All = "all";

    /// <summary>Splits that a file in the root may list.</summary>
    public static IReadOnlyList<string> Listed { get; } = ["train", "val", "test"];

    /// <exception cref="ConfigurationException">There is no split of this name.</exception>
    public static void Check(string split)
    {
        string[] known = [.. Listed, All];
        if (!known.Contains(split)) throw new ConfigurationException("split", $"there is no split '{split}'", Suggestion.For(split, known));
    }
}
