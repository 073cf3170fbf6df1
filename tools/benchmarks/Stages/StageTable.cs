using System.Diagnostics;
using System.Globalization;
using CommandLine;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Stages.Bench;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Benchmarks.Stages;

/// <summary>Command line of the table of stages.</summary>
internal sealed class StageOptions
{
    [Option("recording", HelpText = "Folder of an RGB-D recording without a mesh, in place of the frames of the room that is made.")]
    public string? Recording { get; set; }

    [Option("only", Default = "", HelpText = "Only rows whose name has this in it.")]
    public string Only { get; set; } = "";

    [Option("repetitions", Default = 7, HelpText = "Timed runs of a row; medians are printed.")]
    public int Repetitions { get; set; }
}

/// <summary>Prints processor time (user and system, all threads) per call and per unit of work, as Markdown.</summary>
internal static class StageTable
{
    /// <summary>Seconds of a timed run, up to which a short call is repeated: some systems count processor time in steps of 10 ms.</summary>
    private const double ShortestRun = 0.1;

    /// <summary>One thread, and all code compiled in full at its first call, which is not counted. The runtime reads these when it starts.</summary>
    private static readonly (string Name, string Value)[] s_settings = [("DOTNET_PROCESSOR_COUNT", "1"), ("DOTNET_TieredCompilation", "0"), ("DOTNET_ReadyToRun", "0")];

    public static int Run(StageOptions options)
    {
        if (Array.Exists(s_settings, setting => Environment.GetEnvironmentVariable(setting.Name) != setting.Value)) return Restart();
        Progress.Enabled = false;
        using var inputs = new StageInputs(options.Recording);
        int printed = 0;
        var table = new MarkdownTable("stage", "a call", "unit", "per unit", "units/s", "floor", "share");
        foreach (StageRow row in StageRows.All(inputs).Where(row => row.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
        {
            double units = row.Units(), seconds = Seconds(row.Work, options.Repetitions);
            double? floor = row.Floor is null ? null : Seconds(row.Floor, options.Repetitions);
            table.Add(row.Name, Time(seconds), row.Unit, Time(seconds / units), Rate(units / seconds), floor is { } least ? Time(least) : "",
                floor is { } part ? (part / seconds).ToString("0 %", CultureInfo.InvariantCulture) : "");
            // Row by row: whoever stops it has those that were timed.
            Console.Out.Write(table.ToString()[printed..]);
            printed = table.ToString().Length;
        }
        return 0;
    }

    private static int Restart()
    {
        var start = new ProcessStartInfo("dotnet", Environment.GetCommandLineArgs());
        foreach ((string name, string value) in s_settings) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static double Seconds(Action work, int repetitions)
    {
        int calls = 1;
        while (MedianTime.Of(CpuDevice.Default, 1, CancellationToken.None, Repeat).Processor < ShortestRun) calls *= 2;
        return MedianTime.Of(CpuDevice.Default, repetitions, CancellationToken.None, Repeat).Processor / calls;

        void Repeat()
        {
            for (int i = 0; i < calls; i++) work();
        }
    }

    private static string Time(double seconds)
    {
        (double value, string unit) = seconds switch
        {
            >= 1 => (seconds, "s"),
            >= 1e-3 => (seconds * 1e3, "ms"),
            >= 1e-6 => (seconds * 1e6, "µs"),
            _ => (seconds * 1e9, "ns"),
        };
        return Short(value) + " " + unit;
    }

    private static string Rate(double perSecond) => perSecond switch
    {
        >= 1e9 => Short(perSecond / 1e9) + " G",
        >= 1e6 => Short(perSecond / 1e6) + " M",
        >= 1e3 => Short(perSecond / 1e3) + " k",
        _ => Short(perSecond),
    };

    private static string Short(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
