using HiCorr.Native.Cuda;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>Kernels that are wrong in a way that a GPU would punish with a hang, garbage or nothing at all are found out.</summary>
public sealed class MistakeTests() : EmulatorTests("mistakes")
{
    private static readonly LaunchShape s_warp = new(1, 32);
    private static readonly LaunchShape s_twoWarps = new(1, 64);

    [Fact]
    public void Barrier_that_some_threads_never_reach_is_told_with_kernel_and_line()
    {
        string error = LaunchError("divergent_barrier_kernel", s_twoWarps);
        Assert.Contains("kernel 'divergent_barrier_kernel'", error, StringComparison.Ordinal);
        Assert.Contains("48 of 64 threads (first: 0) wait at the barrier at mistakes.cu:6; 16 have returned", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_at_two_barriers_are_told_with_both_lines()
    {
        string error = LaunchError("two_barriers_kernel", s_twoWarps, Upload(0, 0));
        Assert.Contains("different barriers", error, StringComparison.Ordinal);
        Assert.Contains("mistakes.cu:12", error, StringComparison.Ordinal);
        Assert.Contains("mistakes.cu:15", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Shuffle_without_all_lanes_of_its_mask_is_told() =>
        Assert.Contains("16 of 32 threads (first: 0) wait in a warp operation at mistakes.cu:20", LaunchError("missing_lanes_kernel", s_warp, Upload(new int[32])),
            StringComparison.Ordinal);

    [Fact]
    public void Barrier_that_meets_a_shuffle_is_told_with_both_lines()
    {
        string error = LaunchError("barrier_and_shuffle_kernel", s_warp, Upload(new int[32]));
        Assert.Contains("31 of 32 threads (first: 0) wait in a warp operation at mistakes.cu:25", error, StringComparison.Ordinal);
        Assert.Contains("1 of 32 threads (first: 7) wait at the barrier at mistakes.cu:24", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernel_runs_again_after_a_launch_that_failed()
    {
        nint result = Upload(0);
        LaunchError("divergent_barrier_kernel", s_twoWarps);
        Launch("global_overrun_kernel", s_twoWarps, result, 0);
        Assert.Equal([1], Download<int>(result, 1));
    }

    [Fact]
    public void Write_past_the_end_of_a_shared_array_is_told_with_its_name() =>
        Assert.Contains("outside of the objects in shared memory, right behind 'numbers'", LaunchError("shared_overrun_kernel", s_warp, 32, Upload(new int[32])), StringComparison.Ordinal);

    [Fact]
    public void Write_past_the_end_of_dynamic_shared_memory_is_told() =>
        Assert.Contains("right behind 'the dynamic part'", LaunchError("dynamic_overrun_kernel", new LaunchShape(1, 1, 1, 32, 1, 1, 32), 8),
            StringComparison.Ordinal);

    [Fact]
    public void Shared_memory_that_was_never_written_is_NaN_in_every_block()
    {
        nint result = Upload(new float[64]);
        Launch("uninitialised_shared_kernel", new LaunchShape(4, 1, 1, 32, 1, 1, 128), result);
        Assert.All(Download<float>(result, 64), value => Assert.Equal(float.NaN, value));
    }

    [Fact]
    public void Missing_barrier_shows_within_a_few_orders()
    {
        int[] values = [.. Enumerable.Range(0, 64)], reversed = [.. values.Reverse()];
        int wrong = 0;
        for (ulong seed = 0; seed < 4; seed++)
        {
            Driver.Seed = seed;
            nint memory = Upload(values);
            Launch("race_kernel", s_twoWarps, memory);
            if (!Download<int>(memory, 64).SequenceEqual(reversed)) wrong++;
        }
        Assert.NotEqual(0, wrong);
    }

    [Fact]
    public void Write_behind_an_allocation_is_told_at_the_next_synchronisation()
    {
        nint memory = Driver.Allocate(64 * sizeof(int));
        Launch("global_overrun_kernel", s_warp, memory, 64);
        string error = Assert.Throws<DeviceException>(() => Driver.Synchronize(0)).Message;
        Assert.Contains("behind the end of the allocation of 256 bytes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_larger_than_the_kernel_allows_are_refused() =>
        Assert.Contains("65 threads a block; it is made for at most 64", LaunchError("divergent_barrier_kernel", new LaunchShape(1, 65)), StringComparison.Ordinal);

    [Fact]
    public void Dynamic_shared_memory_beyond_the_default_must_be_allowed_first() =>
        Assert.Contains("AllowSharedMemory", LaunchError("dynamic_overrun_kernel", new LaunchShape(1, 1, 1, 32, 1, 1, 100_000), 0), StringComparison.Ordinal);
}
