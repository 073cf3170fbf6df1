using HiCorr.Native.Cuda;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>Asynchronous copies land at the wait that covers their group, and not before.</summary>
public sealed class AsyncCopyTests() : EmulatorTests("async_copies")
{
    private static readonly float[] s_values = [.. Enumerable.Range(1, 128).Select(i => (float)i)];

    [Fact]
    public void Copies_that_are_waited_for_are_there()
    {
        nint result = Driver.Allocate(128 * sizeof(float));
        Launch("copy_kernel", new LaunchShape(1, 32), Upload(s_values), result, 1);
        Assert.Equal(s_values, Download<float>(result, 128));
    }

    [Fact]
    public void Missing_wait_shows_as_NaN()
    {
        nint result = Driver.Allocate(128 * sizeof(float));
        Launch("copy_kernel", new LaunchShape(1, 32), Upload(s_values), result, 0);
        Assert.All(Download<float>(result, 128), value => Assert.Equal(float.NaN, value));
    }

    [Fact]
    public void Wait_covers_all_groups_but_the_newest()
    {
        nint result = Driver.Allocate(64 * sizeof(float));
        Launch("two_groups_kernel", new LaunchShape(1, 32), Upload(s_values), result);
        float[] found = Download<float>(result, 64);
        Assert.Equal(s_values[..32], found[..32]);
        Assert.All(found[32..], value => Assert.Equal(float.NaN, value));
    }

    [Fact]
    public void Invalid_copies_write_zeros()
    {
        nint result = Driver.Allocate(32 * sizeof(float));
        Launch("guarded_copy_kernel", new LaunchShape(1, 32), Upload(s_values), result, 5);
        float[] found = Download<float>(result, 32);
        Assert.All(found[..5], value => Assert.Equal(1f, value));
        Assert.All(found[5..], value => Assert.Equal(0f, value));
    }
}
