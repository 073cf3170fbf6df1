namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>The rows of <c>hicorr ablate</c>.</summary>
public static class AblationRows
{
    /// <summary>
    /// EXP I to V of HICL Tab. 3 (batch 4): CLIP2Scene, then HICL's components, each added to the ones before. Between them stands L_ce alone, which
    /// the paper does not have: it is what the components are added to, and CLIP2Scene without its consistency loss and its self-training.
    /// </summary>
    public static IReadOnlyList<ComparisonRow> Ladder { get; } =
    [
        Step("I: CLIP2Scene", "none", "none", false, 28.8) with { Method = "clip2scene" },
        Step("L_ce", "none", "none", false, null),
        Step("II: + intra-set", "view", "none", false, 31.1),
        Step("III: + intra-scene", "view", "intra", false, 32.1),
        Step("IV: + inter-scene", "view", "inter", false, 36.1),
        Step("V: + feedback", "view", "inter", true, 36.6),
    ];

    /// <summary>The whole method with one setting changed, a row a value.</summary>
    public static IEnumerable<ComparisonRow> Vary(string key, IEnumerable<string> values) =>
        values.Select(value => Ladder[^1] with { Name = $"{key}={value}", Settings = [.. Ladder[^1].Settings.Where(setting => setting.Key != key), (key, value)], Paper = null });

    private static ComparisonRow Step(string name, string refine, string correlation, bool feedback, double? paper) =>
        new(name, MethodRows.Own, [("refine.scope", refine), ("correlation.scope", correlation), ("feedback.enabled", feedback ? "true" : "false")], paper);
}
