using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Cli;

/// <summary>A verb that works from the configuration. Flags stand for keys: they win over --set, which wins over --config, which wins over --method.</summary>
public abstract class ConfiguredVerb : Verb
{
    /// <summary>The preset of recordings: the default one has the paper's schedule, which is made for a thousand scenes.</summary>
    private const string RecordingPreset = "recording";

    [Option("preset", HelpText = "A named set of configuration values (default, demo, ...); for rgbd recordings 'recording' when left out.")]
    public string? Preset { get; set; }

    [Option("method", HelpText = "The system to run, by its settings: hicorr (what the default preset says), or one that it is compared with; a wrong name lists them.")]
    public string? Method { get; set; }

    [Option("config", HelpText = "A YAML file with configuration values.")]
    public string? ConfigurationFile { get; set; }

    [Option("set", HelpText = "Single configuration values: --set train.epochs=30 network.voxel_size=0.04.")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("seed", HelpText = "Seed of everything random.")]
    public int? Seed { get; set; }

    [Option("device", HelpText = "What networks run on: cpu, cuda, or auto (cuda where it works).")]
    public string? Device { get; set; }

    [Option("precision", HelpText = "Of products on cuda: fp32, tf32, bf16 or fp16.")]
    public string? Precision { get; set; }

    /// <summary>Configuration keys that the verb's own flags stand for, where given.</summary>
    protected virtual IEnumerable<Flag> Flags() =>
        [new Flag("seed", Seed?.ToString(CultureInfo.InvariantCulture)), new Flag("compute.device", Device), new Flag("compute.precision", Precision)];

    /// <param name="Key">A key of the configuration.</param>
    /// <param name="Value">Null where the flag is not given.</param>
    protected sealed record Flag(string Key, string? Value);

    /// <param name="preset">Where --preset is not given; null is what suits the data set.</param>
    /// <param name="more">Settings that win over all others.</param>
    /// <param name="method">In place of --method.</param>
    protected Configuration LoadConfiguration(string? preset = null, IEnumerable<(string Key, string Value)>? more = null, string? method = null)
    {
        var settings = new List<(string, string)>();
        foreach (string setting in Set)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new ConfigurationException("--set", $"'{setting}' is not of the form key=value");
            settings.Add((setting[..equals], setting[(equals + 1)..]));
        }
        settings.AddRange(Flags().Where(flag => flag.Value is not null).Select(flag => (flag.Key, flag.Value!)));
        settings.AddRange(more ?? []);
        Configuration loaded = Load(Preset ?? preset);
        return (Preset ?? preset) is null && loaded.Dataset.Layout == "rgbd" ? Load(RecordingPreset) : loaded;

        Configuration Load(string? name) => ConfigurationLoader.Load(name, ConfigurationFile, settings, method ?? Method);
    }
}
