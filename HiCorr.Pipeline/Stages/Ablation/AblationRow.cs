using HiCorr.Pipeline.Evaluation;

namespace HiCorr.Pipeline.Stages.Ablation;

/// <summary>One row of the ablation: a name, the settings that make it, and what the paper reports for it (ScanNet val mIoU in %, batch 4).</summary>
/// <param name="Name">In tables.</param>
/// <param name="Settings">Configuration keys over the run's own.</param>
/// <param name="Paper">Null where the paper has no such row.</param>
public sealed record AblationRow(string Name, IReadOnlyList<(string Key, string Value)> Settings, double? Paper)
{
    /// <summary>
    /// The components of HICL Tab. 3, each added to the ones before. The paper's EXP I is CLIP2Scene with its own consistency loss and self-training;
    /// here the first row is L_ce alone.
    /// </summary>
    public static IReadOnlyList<AblationRow> Ladder { get; } =
    [
        Step("L_ce", "none", "none", false, null),
        Step("+ intra-set", "view", "none", false, 31.1),
        Step("+ intra-scene", "view", "intra", false, 32.1),
        Step("+ inter-scene", "view", "inter", false, 36.1),
        Step("+ feedback", "view", "inter", true, 36.6),
    ];

    /// <summary>The whole method with one setting changed, a row a value.</summary>
    public static IEnumerable<AblationRow> Vary(string key, IEnumerable<string> values) =>
        values.Select(value => new AblationRow($"{key}={value}", [.. Ladder[^1].Settings, (key, value)], null));

    private static AblationRow Step(string name, string refine, string correlation, bool feedback, double? paper) =>
        new(name, [("refine.scope", refine), ("correlation.scope", correlation), ("feedback.enabled", feedback ? "true" : "false")], paper);
}

/// <summary>What one row measured with one seed.</summary>
/// <param name="Row">Name of the row.</param>
/// <param name="Seed">Of weights, draws and augmentations; the data stay the same.</param>
/// <param name="Metrics">On the test split.</param>
/// <param name="TrainingSeconds">Wall time of the training, when it was made.</param>
/// <param name="NetworkParameters">Of the 3D network, all that inference needs.</param>
/// <param name="TrainingParameters">With the transformers.</param>
public sealed record AblationResult(string Row, int Seed, SegmentationMetrics Metrics, double TrainingSeconds, long NetworkParameters, long TrainingParameters);
