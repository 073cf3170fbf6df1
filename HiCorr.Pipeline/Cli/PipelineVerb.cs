using System.Globalization;
using CommandLine;

namespace HiCorr.Pipeline.Cli;

/// <summary>A verb that works on the scenes of a data set.</summary>
public abstract class PipelineVerb : ConfiguredVerb
{
    [Option("dataset", HelpText = "Layout of the data: scannet or rgbd.")]
    public string? Dataset { get; set; }

    [Option("root", HelpText = "Folder of the data set or recording.")]
    public string? Root { get; set; }

    [Option("model", HelpText = "Folder of the vision-language model pack; the shipped mini-clip when left out.")]
    public string? Model { get; set; }

    [Option("classes", HelpText = "Class names, comma-separated; a file with one a line; or a preset: scannet20, nuscenes16, nuscenes16-details, semantickitti19.")]
    public string? Classes { get; set; }

    [Option("templates", HelpText = "Prompt templates for a model with a text tower: maskclip, imagenet, openscene, or a file with one a line.")]
    public string? Templates { get; set; }

    [Option("cache", HelpText = "Folder of the stages' results; OUT/cache when left out. May be shared between runs.")]
    public string? Cache { get; set; }

    [Option("out", Required = true, HelpText = "Folder of the results.")]
    public string Out { get; set; } = "";

    [Option("scenes", HelpText = "Only these scenes, comma-separated.")]
    public string? Scenes { get; set; }

    [Option("shard", HelpText = "i/n: of n machines that share the scenes, this is number i (from 1).")]
    public string? Shard { get; set; }

    protected string CacheRoot => Cache ?? Path.Combine(Out, "cache");

    protected override IEnumerable<Flag> Flags() =>
        [.. base.Flags(), new Flag("dataset.layout", Dataset), new Flag("dataset.root", Root), new Flag("model.path", Model), new Flag("model.classes", Classes), new Flag("model.templates", Templates)];

    /// <summary>For verbs whose one result is made from all scenes together.</summary>
    /// <exception cref="ConfigurationException">--shard is given.</exception>
    protected void RefuseShard(string problem)
    {
        if (Shard is not null) throw new ConfigurationException("--shard", problem, "Shard the stages preprocess, pseudo-label, oversegment, refine and fuse with a common --cache first");
    }

    /// <summary>The scenes that --scenes and --shard leave of all.</summary>
    /// <exception cref="ConfigurationException">A name that is not there, or a shard that is not i/n.</exception>
    protected IReadOnlyList<string> Select(IReadOnlyList<string> all)
    {
        IReadOnlyList<string> chosen = all;
        if (Scenes is not null)
        {
            chosen = Scenes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            foreach (string scene in chosen)
                if (!all.Contains(scene)) throw new ConfigurationException("--scenes", $"there is no scene '{scene}'", Config.Suggestion.For(scene, all));
        }
        if (Shard is null) return chosen;

        string[] parts = Shard.Split('/');
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || index < 1 || index > count)
        {
            throw new ConfigurationException("--shard", $"'{Shard}' is not of the form i/n with 1 <= i <= n");
        }
        return [.. chosen.Where((_, i) => i % count == index - 1)];
    }
}
