using System.Diagnostics;
using HiCorr.Native.Cuda.Emulation;

namespace HiCorr.Tests.Cuda.Emulation;

public sealed class EmulatorCompilerTests
{
    public EmulatorCompilerTests() => Assert.SkipUnless(EmulatorCompiler.IsInstalled, "needs g++");

    [Fact]
    public void What_was_compiled_once_is_found_on_disk()
    {
        using var cache = new TemporaryFolder();
        string first = EmulatorTests.Compiler(cache: cache.Root).Compile("reductions", "sm_90");
        DateTime written = File.GetLastWriteTimeUtc(first);
        Assert.Equal(first, EmulatorTests.Compiler(cache: cache.Root).Compile("reductions", "sm_80"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(first));
    }

    [Fact]
    public void Errors_of_a_source_are_told_with_their_line()
    {
        string error = Assert.Throws<DeviceException>(() => EmulatorTests.Compiler().Compile("broken", "sm_90")).Message;
        Assert.Contains("broken.cu:3", error, StringComparison.Ordinal);
        Assert.Contains("missing_function", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_sources_are_told_with_their_path()
    {
        string error = Assert.Throws<DeviceException>(() => EmulatorTests.Compiler().Compile("no_such_source", "sm_90")).Message;
        Assert.Contains("no_such_source.cu", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sanitized_libraries_need_the_sanitizer_in_the_process()
    {
        Assert.SkipWhen(EmulatorLibrary.SanitizerIsLoaded, "this process has it");
        using var driver = new EmulatorDriver();
        string error = Assert.Throws<DeviceException>(() => driver.LoadModule("kernels.asan.so")).Message;
        Assert.Contains("LD_PRELOAD", error, StringComparison.Ordinal);
    }

    /// <summary>In a process of its own, which preloads the sanitizer and dies of what it finds.</summary>
    [Theory]
    [InlineData(nameof(SanitizedKernelTests.Reads_inside_of_shared_memory), true, "")]
    [InlineData(nameof(SanitizedKernelTests.Reads_outside_of_shared_memory), false, "mistakes.cu:45")]
    public async Task Sanitizer_stops_at_a_read_that_red_zones_cannot_see(string method, bool passes, string place)
    {
        string sanitizer = EmulatorCompiler.SanitizerRuntime;
        Assert.SkipUnless(File.Exists(sanitizer), "needs libasan.so");
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-noColor", "-explicit", "only", "-method", $"{typeof(SanitizedKernelTests).FullName}.{method}"]) start.ArgumentList.Add(argument);
        start.Environment["LD_PRELOAD"] = sanitizer;
        start.Environment["ASAN_OPTIONS"] = EmulatorLibrary.SanitizerOptions;
        using Process process = Process.Start(start)!;
        CancellationToken stop = TestContext.Current.CancellationToken;
        Task<string> errors = process.StandardError.ReadToEndAsync(stop);
        string output = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        Assert.True(passes == (process.ExitCode == 0), output + await errors);
        Assert.Contains(place, await errors, StringComparison.Ordinal);
    }
}

/// <summary>What the child process of <see cref="EmulatorCompilerTests"/> runs; without the sanitizer there is nothing to see.</summary>
public sealed class SanitizedKernelTests() : EmulatorTests("mistakes")
{
    [Fact(Explicit = true)]
    public void Reads_inside_of_shared_memory() => Read(31);

    [Fact(Explicit = true)]
    public void Reads_outside_of_shared_memory() => Read(32);

    private void Read(int index)
    {
        Assert.True(EmulatorLibrary.SanitizerIsLoaded);
        Launch("shared_read_kernel", new HiCorr.Native.Cuda.LaunchShape(2, 32), index, Upload(new int[32]));
    }
}
