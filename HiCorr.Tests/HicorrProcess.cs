using System.Diagnostics;

namespace HiCorr.Tests;

/// <summary>The real command line as a process of its own.</summary>
internal sealed class HicorrProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output, _errors;

    private HicorrProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static HicorrProcess Start(params string[] arguments) => StartWith([], arguments);

    private static HicorrProcess StartWith((string Name, string Value)[] environment, string[] arguments)
    {
        // Tests that a shell started in the background have SIGINT ignored, and hand that on: env gives it its meaning back.
        string[] line = ["--default-signal=INT", Path.Combine(AppContext.BaseDirectory, "hicorr"), .. arguments];
        var start = new ProcessStartInfo("env", line) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return new HicorrProcess(Process.Start(start)!);
    }

    /// <summary>Runs to the end; a run of over four minutes fails the test.</summary>
    public static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using HicorrProcess process = Start(arguments);
        return process.Wait();
    }

    /// <summary>The same with variables in its environment.</summary>
    public static (int Code, string Output, string Errors) RunWith((string Name, string Value)[] environment, params string[] arguments)
    {
        using HicorrProcess process = StartWith(environment, arguments);
        return process.Wait();
    }

    public (int Code, string Output, string Errors) Wait()
    {
        Assert.True(_process.WaitForExit(TimeSpan.FromMinutes(4)), "hicorr did not end");
        return (_process.ExitCode, _output.Result, _errors.Result);
    }

    /// <summary>kill -SIGNAL.</summary>
    public void Signal(string name) => Process.Start("kill", ["-" + name, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
