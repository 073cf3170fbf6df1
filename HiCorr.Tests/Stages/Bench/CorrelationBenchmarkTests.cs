using HiCorr.Native.Devices;
using HiCorr.Pipeline.Stages.Bench;

namespace HiCorr.Tests.Stages.Bench;

public sealed class CorrelationBenchmarkTests
{
    [Fact]
    public void Counts_the_arithmetic_of_tokens_that_see_each_other()
    {
        using var device = new CpuDevice(1);

        CorrelationTimes times = CorrelationBenchmark.Run(3, 10, 16, device, 1, CancellationToken.None);

        // A block has matrices of 12 d² entries, and two products of d channels for every pair of tokens.
        const long matrices = 3L * 12 * 16 * 16 * 30;
        Assert.Equal(2e-9 * (matrices + (3L * 2 * 16 * 3 * 10 * 10)), times.Intra.UsefulGflop, 1e-15);
        Assert.Equal(2e-9 * (matrices + (3L * 2 * 16 * 30 * 30)), times.Inter.UsefulGflop, 1e-15);
        Assert.True(times is { Intra.ForwardSeconds: > 0, Intra.BackwardSeconds: > 0, Inter.ForwardSeconds: > 0, Inter.BackwardSeconds: > 0, FmaPeakGflops: > 0, PeakMemoryBytes: > 100_000 });
    }
}
