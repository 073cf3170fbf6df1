using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Voxels.Cuda;

public sealed unsafe class KernelMapKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Maps_within_every_level_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((string cloud, int[] rows) in VoxelClouds.Of(name))
        {
            using VoxelLevels expected = VoxelLevels.Build(CpuDevice.Default, rows, 3), actual = VoxelLevels.Build(device, rows, 3);
            for (int level = 0; level < 3; level++)
                foreach (int kernelSize in new[] { 1, 3, 5 })
                    AssertSame(device, expected.Within(level, kernelSize), actual.Within(level, kernelSize), $"{cloud}, level {level}, kernel size {kernelSize}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Maps_between_levels_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((string cloud, int[] rows) in VoxelClouds.Of(name))
        {
            using VoxelLevels expected = VoxelLevels.Build(CpuDevice.Default, rows, 5), actual = VoxelLevels.Build(device, rows, 5);
            for (int level = 0; level < 4; level++) AssertSame(device, expected.Down(level), actual.Down(level), $"{cloud}, from level {level}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void A_map_serves_only_the_device_it_was_built_on(string name)
    {
        using CudaDevice device = KernelDevices.Open(name), other = KernelDevices.Open(name);
        int[] rows = [0, 1, 2, 3];
        using VoxelLevels ofHost = VoxelLevels.Build(CpuDevice.Default, rows, 1), ofDevice = VoxelLevels.Build(device, rows, 1);

        Assert.Throws<ArgumentException>(() => ofHost.Within(0, 3).OnDevice(device));
        Assert.Throws<ArgumentException>(() => ofDevice.Within(0, 3).OnDevice(other));
        Assert.Throws<InvalidOperationException>(() => { ofDevice.Within(0, 3).Pairs(0, reverse: false); });
    }

    /// <summary>Numbers, pairs in order, and the tables of both sides.</summary>
    private static void AssertSame(CudaDevice device, KernelMap expected, KernelMap actual, string what)
    {
        CudaKernelMap map = actual.OnDevice(device);
        Assert.Equal((expected.KernelVolume, expected.InputRows, expected.OutputRows), (actual.KernelVolume, actual.InputRows, actual.OutputRows));
        Assert.Equal((expected.KernelVolume, expected.InputRows, expected.OutputRows), (map.KernelVolume, map.InputRows, map.OutputRows));
        Assert.Equal(expected.PairCounts(), actual.PairCounts());
        Assert.Equal(expected.TotalPairs(), actual.TotalPairs());
        int[]? order = map.InputOrder == null ? null : Read(device, map.InputOrder, map.Starts[^1]);
        int[] byOutput = TableOf(device, map, reverse: false), byInput = TableOf(device, map, reverse: true);
        int[] expectedByOutput = new int[byOutput.Length], expectedByInput = new int[byInput.Length];
        expectedByOutput.AsSpan().Fill(-1);
        expectedByInput.AsSpan().Fill(-1);
        for (int k = 0; k < expected.KernelVolume; k++)
        {
            RowPairs pairs = expected.Pairs(k, reverse: false);
            Assert.Equal(pairs.Count, map.Starts[k + 1] - map.Starts[k]);
            if (order is not null)
                Assert.True(new ReadOnlySpan<int>(pairs.From, pairs.Count).SequenceEqual(order.AsSpan(map.Starts[k], pairs.Count)), $"{what}: input rows at kernel index {k} differ");
            for (int i = 0; i < pairs.Count; i++)
            {
                expectedByOutput[(k * expected.OutputRows) + pairs.To[i]] = pairs.From[i];
                expectedByInput[(k * expected.InputRows) + pairs.From[i]] = pairs.To[i];
            }
        }
        Assert.True(expectedByOutput.AsSpan().SequenceEqual(byOutput), $"{what}: the table of output rows differs");
        Assert.True(expectedByInput.AsSpan().SequenceEqual(byInput), $"{what}: the table of input rows differs");
    }

    /// <summary>A table with the kernel indices in order.</summary>
    private static int[] TableOf(CudaDevice device, CudaKernelMap map, bool reverse)
    {
        NeighbourTable table = map.Table(reverse);
        Assert.Equal(reverse ? map.InputRows : map.OutputRows, table.Rows);
        int[] entries = Read(device, (int*)table.Entries, map.KernelVolume * table.Rows);
        return !table.Mirrored || table.Rows == 0 ? entries : [.. entries.Chunk(table.Rows).Reverse().SelectMany(row => row)];
    }

    private static int[] Read(CudaDevice device, int* from, int count)
    {
        int[] values = new int[count];
        fixed (int* to = values) device.Memory.Space.CopyToHost(to, (nint)from, (long)count * sizeof(int));
        return values;
    }
}
