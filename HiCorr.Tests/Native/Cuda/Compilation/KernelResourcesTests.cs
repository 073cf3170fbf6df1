using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Tests.Native.Cuda.Compilation;

public sealed class KernelResourcesTests
{
    [Fact]
    public void Reads_the_log_of_version_11()
    {
        const string Log = """
            ptxas info    : 0 bytes gmem
            ptxas info    : Compiling entry function 'indexed' for 'sm_80'
            ptxas info    : Function properties for indexed
            ptxas         .     16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Used 72 registers, 400 bytes smem, 364 bytes cmem[0], 8 bytes cmem[2]
            ptxas info    : Compiling entry function 'a_spill' for 'sm_80'
            ptxas info    : Function properties for a_spill
            ptxas         .     720 bytes stack frame, 328 bytes spill stores, 368 bytes spill loads
            ptxas info    : Used 64 registers, 360 bytes cmem[0]
            """;

        Assert.Equal([new KernelResources("a_spill", 64, 720, 328, 368, 0), new KernelResources("indexed", 72, 16, 0, 0, 400)], KernelResources.Parse(Log));
    }

    [Fact]
    public void Reads_the_log_of_version_12()
    {
        const string Log = """
            ptxas info    : 0 bytes gmem, 16 bytes cmem[4]
            ptxas info    : Compiling entry function 'outer' for 'sm_90'
            ptxas info    : Function properties for outer
                8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
            ptxas info    : Used 24 registers, used 1 barriers, 8 bytes cumulative stack size, 1024 bytes smem
            ptxas info    : Compile time = 5.000 ms
            ptxas info    : Function properties for helper
                96 bytes stack frame, 92 bytes spill stores, 88 bytes spill loads
            """;

        Assert.Equal([new KernelResources("outer", 24, 8, 4, 12, 1024)], KernelResources.Parse(Log));
    }

    [Fact]
    public void Log_without_kernels_is_none() => Assert.Empty(KernelResources.Parse("ptxas info    : 0 bytes gmem"));
}
