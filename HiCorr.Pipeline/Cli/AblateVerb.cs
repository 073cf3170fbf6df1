using CommandLine;
using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Pipeline.Cli;

[Verb("ablate", HelpText = "Train the method's components one after the other, with several seeds, and make one table of them.")]
public sealed class AblateVerb : ComparisonVerb
{
    [Option("rows", HelpText = "How many rows of the ladder: CLIP2Scene (1), L_ce alone (2), and a component more each up to the whole method (6); all when left out. With --vary also none (0).")]
    public int? Rows { get; set; }

    [Option("vary", HelpText = "Further rows, the whole method with a setting changed: --vary correlation.block=vit,linear feedback.detach=false.")]
    public IEnumerable<string> Vary { get; set; } = [];

    protected override (string, string) Names => ("ablate", "ablation");

    protected override IReadOnlyList<ComparisonRow> ParseRows()
    {
        int least = Vary.Any() ? 0 : 1;
        if (Rows < least || Rows > AblationRows.Ladder.Count) throw new ConfigurationException("--rows", $"is {Rows}", $"Allowed: {least} to {AblationRows.Ladder.Count}");
        List<ComparisonRow> rows = [.. AblationRows.Ladder.Take(Rows ?? AblationRows.Ladder.Count)];
        foreach (string vary in Vary)
        {
            int equals = vary.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new ConfigurationException("--vary", $"'{vary}' is not of the form key=value,value");
            rows.AddRange(AblationRows.Vary(vary[..equals], vary[(equals + 1)..].Split(',')));
        }
        return [.. rows.DistinctBy(row => row.Name)];
    }
}
