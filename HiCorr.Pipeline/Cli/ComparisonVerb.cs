using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Pipeline.Cli;

/// <summary>A verb that trains and measures several rows with several seeds, and makes one table of them.</summary>
public abstract class ComparisonVerb : PipelineVerb
{
    [Option("train-split", Default = "train", HelpText = "Scenes to learn from: train, val, test or all.")]
    public string TrainSplit { get; set; } = "train";

    [Option("test-split", Default = "val", HelpText = "Scenes with ground truth to measure on.")]
    public string TestSplit { get; set; } = "val";

    [Option("seeds", Default = "0,1,2", HelpText = "Seeds of weights, draws and augmentations, comma-separated.")]
    public string Seeds { get; set; } = "0,1,2";

    [Option("json", HelpText = "Print the table as JSON.")]
    public bool AsJson { get; set; }

    /// <summary>The verb's name and that of its files.</summary>
    protected abstract (string Verb, string Files) Names { get; }

    /// <exception cref="ConfigurationException">An option names what is not there.</exception>
    protected abstract IReadOnlyList<ComparisonRow> ParseRows();

    public override void Run(CancellationToken stop)
    {
        RefuseShard("one table is made of all scenes");
        if (Seed is not null) throw new ConfigurationException("--seed", $"{Names.Verb} takes several", "Give --seeds");
        if (Method is not null) throw new ConfigurationException("--method", $"{Names.Verb} chooses the method of every row itself", "Leave it out");
        var table = new ComparisonTable(Names.Files, ParseRows());
        var run = new ComparisonRun(row => LoadConfiguration(more: row.Settings, method: row.Method), CacheRoot, Out);
        run.Execute(table, ParseSeeds(), dataset => Select(dataset.Scenes(TrainSplit)), dataset => Select(dataset.Scenes(TestSplit)), TestSplit, stop);
        Console.Out.WriteLine(AsJson ? table.ToJson() : table.ToMarkdown());
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
