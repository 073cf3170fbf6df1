using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Voxels.Cuda;

public sealed class VoxelGridKernelTests
{
    private const int Levels = 5;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void All_levels_have_the_cpus_voxels_in_the_cpus_order(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((string cloud, int[] rows) in VoxelClouds.Of(name))
        {
            using VoxelLevels expected = VoxelLevels.Build(CpuDevice.Default, rows, Levels), actual = VoxelLevels.Build(device, rows, Levels);
            AssertSame(expected, actual, cloud);
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Coarse_grids_round_given_rows_down_as_the_cpu_does(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int[] rows = VoxelClouds.Random(700, 30, [0, 1]);
        foreach (int stride in new[] { 2, 3, 8 })
        {
            using VoxelLevels expected = VoxelLevels.Build(CpuDevice.Default, rows, 2, stride), actual = VoxelLevels.Build(device, rows, 2, stride);
            AssertSame(expected, actual, $"tensor stride {stride}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Rebuilt_levels_are_those_of_the_new_batch_and_give_their_memory_back(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int[] rows = VoxelClouds.Random(400, 9, [0]);
        using VoxelLevels expected = VoxelLevels.Build(CpuDevice.Default, rows, 3), actual = VoxelLevels.Build(device, VoxelClouds.Random(2500, 12, [0, 1]), 3);
        actual.Within(1, 3);
        actual.Down(0);
        Assert.NotEqual(expected[1].Count, actual[1].Count);
        Assert.NotEqual(expected[2][0], actual[2][0]);

        for (int run = 0; run < 3; run++)
        {
            actual.Rebuild(rows);
            AssertSame(expected, actual, $"run {run}");
            Assert.Equal(expected.Within(1, 3).PairCounts(), actual.Within(1, 3).PairCounts());
            Assert.Equal(expected.Down(0).PairCounts(), actual.Down(0).PairCounts());
        }
        actual.Dispose();
        Assert.Equal(0, device.Memory.BytesInUse);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void An_extent_that_no_key_can_hold_gives_the_cpus_error(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int[] rows = [0, int.MinValue, int.MinValue, 0, 0, int.MaxValue, int.MaxValue, 0];
        var expected = Assert.Throws<ConfigurationException>(() => VoxelLevels.Build(CpuDevice.Default, rows));
        Assert.Equal(expected.Message, Assert.Throws<ConfigurationException>(() => VoxelLevels.Build(device, rows)).Message);
    }

    private static void AssertSame(VoxelLevels expected, VoxelLevels actual, string what)
    {
        Assert.True(expected.RowOf.SequenceEqual(actual.RowOf), $"{what}: the voxels of given rows differ");
        Assert.True(expected.First.SequenceEqual(actual.First), $"{what}: the first rows of voxels differ");
        for (int level = 0; level < expected.Count; level++)
        {
            Assert.Equal(expected[level].TensorStride, actual[level].TensorStride);
            Assert.True(expected[level].Count == actual[level].Count, $"{what}: level {level} has {actual[level].Count} voxels, not {expected[level].Count}");
            for (int row = 0; row < expected[level].Count; row++) Assert.Equal(expected[level][row], actual[level][row]);
            Assert.Equal(expected[level].BatchStarts(7), actual[level].BatchStarts(7));
        }
    }
}
