namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>One row of a comparison: a method, the settings that make it another, and what the paper reports for it (ScanNet val mIoU in %).</summary>
/// <param name="Name">In tables.</param>
/// <param name="Method">One of <see cref="Config.ConfigurationLoader.Methods"/>.</param>
/// <param name="Settings">Configuration keys over the run's own.</param>
/// <param name="Paper">Null where no paper has such a row.</param>
public sealed record ComparisonRow(string Name, string Method, IReadOnlyList<(string Key, string Value)> Settings, double? Paper);
