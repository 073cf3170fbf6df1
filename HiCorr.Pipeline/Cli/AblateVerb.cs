using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Ablation;

namespace HiCorr.Pipeline.Cli;

[Verb("ablate", HelpText = "Train the method's components one after the other, with several seeds, and make one table of them.")]
public sealed class AblateVerb : PipelineVerb
{
    [Option("train-split", Default = "train", HelpText = "Scenes to learn from: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    [Option("test-split", Default = "val", HelpText = "Scenes with ground truth to measure on.")]
    public string TestSplit { get; set; } = "val";

    [Option("seeds", Default = "0,1,2", HelpText = "Seeds of weights, draws and augmentations, comma-separated.")]
    public string Seeds { get; set; } = "0,1,2";

    [Option("rows", HelpText = "How many rows of the ladder, from L_ce alone (1) to the whole method (5); all when left out.")]
    public int? Rows { get; set; }

    [Option("vary", HelpText = "Further rows, the whole method with a setting changed: --vary correlation.block=vit,linear feedback.detach=false.")]
    public IEnumerable<string> Vary { get; set; } = [];

    [Option("json", HelpText = "Print the table as JSON.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        RefuseShard("one table is made of all scenes");
        if (Seed is not null) throw new ConfigurationException("--seed", "ablate takes several", "Give --seeds");
        if (Method is not null) throw new ConfigurationException("--method", "ablate takes hicorr apart, row by row", "Leave it out");
        var run = new AblationRun(settings => LoadConfiguration(more: settings), CacheRoot, Out);
        AblationTable table = run.Execute(ParseRows(), ParseSeeds(), pipeline => (Select(pipeline.Dataset.Scenes(TrainSplit)), Select(pipeline.Dataset.Scenes(TestSplit))), TestSplit, stop);
        Console.Out.WriteLine(AsJson ? table.ToJson() : table.ToMarkdown());
    }

    private List<AblationRow> ParseRows()
    {
        if (Rows is < 1 || Rows > AblationRow.Ladder.Count) throw new ConfigurationException("--rows", $"is {Rows}", $"Allowed: 1 to {AblationRow.Ladder.Count}");
        List<AblationRow> rows = [.. AblationRow.Ladder.Take(Rows ?? AblationRow.Ladder.Count)];
        foreach (string vary in Vary)
        {
            int equals = vary.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new ConfigurationException("--vary", $"'{vary}' is not of the form key=value,value");
            rows.AddRange(AblationRow.Vary(vary[..equals], vary[(equals + 1)..].Split(',')));
        }
        return [.. rows.DistinctBy(row => row.Name)];
    }

    private int[] ParseSeeds()
    {
        string[] parts = Seeds.Split(',', StringSplitOptions.TrimEntries);
        int[] seeds = new int[parts.Length];
        for (int i = 0; i < seeds.Length; i++)
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out seeds[i]))
                throw new ConfigurationException("--seeds", $"'{parts[i]}' is no seed", "Give whole numbers from 0, separated by commas");
        return [.. seeds.Distinct()];
    }
}
