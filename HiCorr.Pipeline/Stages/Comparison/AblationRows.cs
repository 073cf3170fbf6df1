
namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>The rows of <c>hicorr ablate</c>.</summary>
public static class AblationRows
{
    /// <summary>
    /// The components of HICL Tab. 3 (batch 4), each added to the ones before. The paper's EXP I is CLIP2Scene with its own consistency loss and
    /// self-training; here the first row is L_ce alone.
    /// </summary>
    public static IReadOnlyList<ComparisonRow> Ladder { get; } =
    [
        Step("L_ce", "none", "none", false, null),
        Step("+ intra-set", "view", "none", false, 31.1),
        Step("+ intra-scene", "view", "intra", false, 32.1),
        Step("+ inter-scene", "view", "inter", false, 36.1),
        Step("+ feedback", "view", "inter", true, 36.6),
    ];

    /// <summary>The whole method with one setting changed, a row a value.</summary>
    public static IEnumerable<ComparisonRow> Vary(string key, IEnumerable<string> values) =>
        values.Select(value => Ladder[^1] with { Name = $"{key}={value}", Settings = [.. Ladder[^1].Settings, (key, value)], Paper = null });

    private static ComparisonRow Step(string name, string refine, string correlation, bool feedback, double? paper) =>
        new(name, MethodRows.Own, [("refine.scope", refine), ("correlation.scope", correlation), ("feedback.enabled", feedback ? "true" : "false")], paper);
}
