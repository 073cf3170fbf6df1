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
}
