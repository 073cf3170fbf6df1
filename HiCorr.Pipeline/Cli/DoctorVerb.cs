using CommandLine;
using HiCorr.Pipeline.Reports;

namespace HiCorr.Pipeline.Cli;

[Verb("doctor", HelpText = "Tell what this machine has for HiCorr: driver, kernel compiler, GPUs, ONNX Runtime, processor; and what works with it.")]
public sealed class DoctorVerb : Verb
{
    [Option("json", HelpText = "Print one JSON document instead of lines.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        MachineReport report = MachineReport.Make();
        if (AsJson) PrintJson(report);
        else Console.Out.Write(report.ToText());
    }
}
