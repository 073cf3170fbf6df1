using CommandLine;
using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Pipeline.Cli;

[Verb("compare", HelpText = "Run every method on the same data, with several seeds, and make one table of them beside the papers' figures.")]
public sealed class CompareVerb : ComparisonVerb
{
    [Option("methods", HelpText = "Only these methods, comma-separated and in this order; all when left out.")]
    public string? Methods { get; set; }

    protected override (string, string) Names => ("compare", "comparison");

    protected override IReadOnlyList<ComparisonRow> ParseRows() =>
        Methods is null ? MethodRows.All : [.. Methods.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(MethodRows.Find)];
}
