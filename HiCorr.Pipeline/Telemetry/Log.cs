using NLog;
using NLog.Config;
using NLog.Targets;

namespace HiCorr.Pipeline.Telemetry;

/// <summary>
/// Messages to the user on stderr, through NLog, which is set up with the first of them: that takes as long as a short verb's
/// whole work, and most runs have nothing to say.
/// </summary>
internal static class Log
{
    private static readonly Lock Gate = new();
    private static Logger? _logger;

    public static void Warn(string message, params object[] arguments) => Logger().Warn(message, arguments);

    /// <summary>Writes out what is still waiting.</summary>
    public static void Shutdown()
    {
        if (_logger is not null) LogManager.Shutdown();
    }

    private static Logger Logger()
    {
        lock (Gate) return _logger ??= Start();
    }

    private static Logger Start()
    {
        var configuration = new LoggingConfiguration();
        // A message takes the line of the progress bar, which draws itself again below.
        string line = Console.IsErrorRedirected ? "" : TerminalLine.Clear;
        var target = new ConsoleTarget("stderr") { StdErr = true, Layout = line + "${level:lowercase=true}: ${message}" };
        configuration.AddRule(LogLevel.Warn, LogLevel.Fatal, target);
        LogManager.Configuration = configuration;
        return LogManager.GetLogger("hicorr");
    }
}
