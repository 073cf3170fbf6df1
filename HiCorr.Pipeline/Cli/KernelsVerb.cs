using System.Globalization;
using CommandLine;
using HiCorr.Native.Cuda.Compilation;
using HiCorr.Pipeline.Reports;

namespace HiCorr.Pipeline.Cli;

[Verb("kernels", HelpText = "Compile the CUDA kernels and print what each takes of a GPU; needs NVRTC, no GPU. A hot kernel that spills registers is an error.")]
public sealed class KernelsVerb : Verb
{
    [Option("architecture", Default = "sm_80,sm_86,sm_89,sm_90", HelpText = "Architectures with commas between.")]
    public string Architectures { get; set; } = "";

    [Option("json", HelpText = "Print one JSON document instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        KernelReport report = KernelReport.Make(new NvrtcCompiler(), KernelSources.Embedded, ReadArchitectures(), stop);
        if (AsJson) PrintJson(report);
        else Console.Out.Write(report.ToTable());
        foreach (string note in report.Notes) Console.Error.WriteLine($"hicorr: {note}");
        report.RequireNoSpills();
    }

    private string[] ReadArchitectures()
    {
        string[] architectures = Architectures.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string architecture in architectures)
        {
            if (!architecture.StartsWith("sm_", StringComparison.Ordinal) || !int.TryParse(architecture.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                throw new ConfigurationException("--architecture", $"'{architecture}' is no architecture", "Give for example sm_80,sm_90");
        }
        return architectures.Length > 0 ? architectures : throw new ConfigurationException("--architecture", "names none", "Give for example sm_80,sm_90");
    }
}
