using System.Text.Json;
using CommandLine;

namespace HiCorr.Pipeline.Cli;

/// <summary>One verb of the command line: its options are its properties. Results go to stdout, everything else to stderr.</summary>
public abstract class Verb
{
    protected static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Option("quiet", HelpText = "No progress bars, only warnings and errors.")]
    public bool Quiet { get; set; }

    /// <exception cref="HiCorrException">Anything the user can mend.</exception>
    public abstract void Run(CancellationToken stop);

    /// <summary>One JSON document on stdout.</summary>
    protected static void PrintJson(object document) => Console.Out.WriteLine(JsonSerializer.Serialize(document, Json));
}
