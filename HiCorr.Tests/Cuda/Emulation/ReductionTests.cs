using HiCorr.Native.Cuda;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>Kernels that are right give the right result under the emulator, with the same bits for every order of threads.</summary>
public sealed class ReductionTests() : EmulatorTests("reductions")
{
    private const int Blocks = 5;
    private const int Threads = 256;

    [Theory]
    [InlineData("tree_sum_kernel")]
    [InlineData("shuffle_sum_kernel")]
    public void Blocks_sum_their_values(string kernel)
    {
        float[] values = [.. Enumerable.Range(0, Blocks * Threads).Select(i => 1f / (1 + i * 7 % 311))];
        nint sums = Driver.Allocate(Blocks * sizeof(float));
        float[] first = [];
        for (ulong seed = 0; seed < 4; seed++)
        {
            Driver.Seed = seed;
            Launch(kernel, new LaunchShape(Blocks, Threads), Upload(values), sums);
            float[] found = Download<float>(sums, Blocks);
            for (int block = 0; block < Blocks; block++)
                Assert.Equal(values.AsSpan(block * Threads, Threads).ToArray().Sum(value => (double)value), found[block], 1e-4);
            if (seed == 0) first = found;
            Assert.Equal(first, found);
        }
    }

    [Fact]
    public void Grid_stride_loops_reach_every_element()
    {
        float[] values = [.. Enumerable.Range(0, 10_000).Select(i => (float)i)];
        nint memory = Upload(values);
        Launch("scale_kernel", new LaunchShape(7, Threads), memory, 10_000L, 2f);
        Assert.Equal(values.Select(value => 2 * value), Download<float>(memory, values.Length));
    }
}
