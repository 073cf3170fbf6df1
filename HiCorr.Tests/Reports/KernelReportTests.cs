using HiCorr.Native.Cuda.Compilation;
using HiCorr.Pipeline.Reports;
using HiCorr.Tests.Native.Cuda.Compilation;

namespace HiCorr.Tests.Reports;

public sealed class KernelReportTests
{
    private const string Header = "#define KERNEL(threads) extern \"C\" __global__ void __launch_bounds__(threads)\n";
    private const string Simple = "#include \"common/base.cuh\"\n// hot\nKERNEL(256) simple(float* x) { x[0] = 1; }\n";
    // No thread of 1024 has more than 64 registers, and all of v is needed until its end.
    private const string Spilling = """
        #include "common/base.cuh"
        MARK
        KERNEL(1024) spilling(float* x)
        {
            float v[128];
            for (int i = 0; i < 128; i++) v[i] = x[i];
            __syncthreads();
            for (int i = 0; i < 128; i++) x[i] = v[127 - i];
        }
        """;

    /// <summary>For the oldest architecture and Hopper; the target Kernels does all of them, which takes minutes.</summary>
    [Fact]
    public void Shipped_kernels_compile_and_hot_ones_spill_nothing()
    {
        Nvrtc.SkipWithout();
        // Beside the tests, so that only what changed is compiled again.
        var compiler = new NvrtcCompiler(cacheFolder: Path.Combine(AppContext.BaseDirectory, "kernels"));

        KernelReport report = KernelReport.Make(compiler, KernelSources.Embedded, ["sm_80", "sm_90"], CancellationToken.None);

        Assert.Equal(KernelSources.Embedded.Names, report.Kernels.Select(row => row.Source).Distinct());
        report.RequireNoSpills();
    }

    [Fact]
    public void Tells_every_kernel_on_every_architecture()
    {
        KernelReport report = Make(Simple, "sm_80", "sm_90");

        Assert.Equal([("simple", "sm_80", true), ("simple", "sm_90", true)], report.Kernels.Select(row => (row.Kernel, row.Architecture, row.Hot)));
        Assert.Contains("| op | simple (hot) | sm_80 |", report.ToTable(), StringComparison.Ordinal);
        report.RequireNoSpills();
    }

    [Fact]
    public void Hot_kernel_that_spills_is_an_error()
    {
        KernelReport report = Make(Spilling.Replace("MARK", "// hot", StringComparison.Ordinal), "sm_80");

        DeviceException error = Assert.Throws<DeviceException>(report.RequireNoSpills);

        Assert.Contains("spilling (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_kernel_may_spill()
    {
        KernelReport report = Make(Spilling.Replace("MARK", "", StringComparison.Ordinal), "sm_80");

        Assert.True(report.Kernels[0].SpillStoreBytes > 0);
        report.RequireNoSpills();
    }

    [Fact]
    public void Note_of_the_compiler_is_told_once()
    {
        KernelReport report = Make(Simple, "sm_999", "sm_999");

        Assert.Single(report.Notes);
    }

    private static KernelReport Make(string source, params string[] architectures)
    {
        Nvrtc.SkipWithout();
        using var cache = new TemporaryFolder();
        var sources = new KernelSources(new Dictionary<string, string> { ["op"] = source }, new Dictionary<string, string> { ["common/base.cuh"] = Header });
        return KernelReport.Make(new NvrtcCompiler(sources, cache.Root), sources, architectures, CancellationToken.None);
    }
}
