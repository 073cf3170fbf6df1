using CommandLine;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Cli;

[Verb("config", HelpText = "Print every setting as YAML, as --preset, --method, --config, --set and --seed leave it.")]
public sealed class ConfigVerb : ConfiguredVerb
{
    public override void Run(CancellationToken stop) => Console.Out.Write(ConfigurationLoader.ToYaml(LoadConfiguration()));
}
