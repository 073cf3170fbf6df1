using CommandLine;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Cli;

[Verb("config", HelpText = "Print the configuration that a command with the same flags would use, as YAML.")]
public sealed class ConfigVerb : ConfiguredVerb
{
    public override void Run(CancellationToken stop) => Console.Out.Write(ConfigurationLoader.ToYaml(LoadConfiguration()));
}
