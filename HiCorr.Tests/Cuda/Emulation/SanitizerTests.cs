using System.Diagnostics;
using System.Xml.Linq;
using HiCorr.Native.Cuda.Emulation;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>The tests of all ops once more, in a process with AddressSanitizer and UndefinedBehaviorSanitizer, every tensor an allocation of its own.</summary>
public sealed class SanitizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("HiCorr.Tests.Native.Ops.Cuda")]
    [InlineData("HiCorr.Tests.Native.Optim.Cuda")]
    [InlineData("HiCorr.Tests.Native.Voxels.Cuda")]
    public async Task Kernels_touch_no_byte_that_is_not_theirs(string kernels)
    {
        Assert.SkipUnless(File.Exists(EmulatorCompiler.SanitizerRuntime), "needs g++ with libasan.so");
        string report = _folder.PathOf("tests.xml");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "HiCorr.Tests"), ["-namespace", kernels, "-parallelMode", "none", "-noColor", "-result-xml", report])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["LD_PRELOAD"] = EmulatorCompiler.SanitizerRuntime;
        start.Environment["ASAN_OPTIONS"] = EmulatorLibrary.SanitizerOptions;
        start.Environment[KernelDevices.SanitizeVariable] = "1";

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{await output}\n{await errors}");
        XElement[] assemblies = [.. XDocument.Load(report).Descendants("assembly")];
        Assert.True(assemblies.Sum(assembly => (int?)assembly.Attribute("passed") ?? 0) > 0, "no test ran");
    }
}
