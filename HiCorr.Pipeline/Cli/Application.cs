using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using CommandLine;
using CommandLine.Text;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Cli;

/// <summary>Parses the verb, runs it, and maps errors to the documented exit codes.</summary>
public static class Application
{
    public static int Run(string[] args)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        args = Verbs.JoinWords(args);
        using var parser = new Parser(settings => settings.HelpWriter = null);
        ParserResult<object> result = parser.ParseArguments(args, Candidates(args));
        return result is Parsed<object> { Value: Verb verb } ? Execute(verb) : Explain(result);
    }

    /// <summary>The verb that the arguments name, else all: the parser reflects over every option of every type that it is given, which short verbs feel.</summary>
    private static Type[] Candidates(string[] args) => args.Length > 0 && Verbs.Find(args[0]) is { } named ? [named] : Verbs.All;

    /// <summary>Runs it until it ends or a signal comes; the exit code.</summary>
    internal static int Execute(Verb verb)
    {
        Progress.Enabled = !verb.Quiet;
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true; // the verb ends by itself, after saving what it has
            stop.Cancel();
        }
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            verb.Run(stop.Token);
            return ExitCode.Ok;
        }
        catch (Exception error)
        {
            int code = ExitCode.Of(error);
            Console.Error.WriteLine(code == ExitCode.Bug ? $"hicorr: a bug in HiCorr, please report it: {error}" : $"hicorr: {ExitCode.Describe(error)}");
            return code;
        }
        finally
        {
            Log.Shutdown();
        }
    }

    private static int Explain(ParserResult<object> result)
    {
        var errors = ((NotParsed<object>)result).Errors.ToArray();
        bool asked = errors.IsHelp() || errors.IsVersion();
        bool verbless = errors.Any(error => error is HelpVerbRequestedError { Matched: false } or NoVerbSelectedError or BadVerbSelectedError);
        HelpText help = errors.IsVersion() ? new HelpText(HeadingInfo.Default) : HelpText.AutoBuild(result, text =>
        {
            text.AdditionalNewLineAfterOption = false;
            text.Copyright = "";
            text.MaximumDisplayWidth = 120;
            return HelpText.DefaultParsingErrorsHandler(result, text);
        }, example => example, verbsIndex: verbless);
        (asked ? Console.Out : Console.Error).WriteLine(help);
        if (!asked && Suggest(result.TypeInfo.Current, errors) is { } suggestion) Console.Error.WriteLine($"hicorr: {suggestion}");
        return asked ? ExitCode.Ok : ExitCode.Usage;
    }

    /// <summary>What a mistyped verb or option was meant to be.</summary>
    private static string? Suggest(Type verb, Error[] errors) => errors.FirstOrDefault(error => error is BadVerbSelectedError or UnknownOptionError) switch
    {
        BadVerbSelectedError bad => Suggestion.For(bad.Token, Verbs.Names),
        UnknownOptionError bad => Suggestion.For(bad.Token, verb.GetProperties().Select(property => property.GetCustomAttribute<OptionAttribute>()?.LongName).OfType<string>()),
        _ => null,
    };
}
