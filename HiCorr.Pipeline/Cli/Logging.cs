using NLog;
using NLog.Config;
using NLog.Targets;

namespace HiCorr.Pipeline.Cli;

/// <summary>NLog to stderr: information and above, warnings and above when quiet.</summary>
internal static class Logging
{
    public static void Start(bool quiet)
    {
        Telemetry.Progress.Enabled = !quiet;
        var configuration = new LoggingConfiguration();
        // A message takes the line of the progress bar, which draws itself again below.
        string line = Console.IsErrorRedirected ? "" : Telemetry.TerminalLine.Clear;
        var target = new ConsoleTarget("stderr") { StdErr = true, Layout = line + "${when:when=level>=LogLevel.Warn:inner=${level:lowercase=true}\\: }${message}" };
        configuration.AddRule(quiet ? LogLevel.Warn : LogLevel.Info, LogLevel.Fatal, target);
        LogManager.Configuration = configuration;
    }
}
