using HiCorr.Native.Devices;
using HiCorr.Native.Random;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Voxels;

public sealed class VoxelLevelsTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Merges_equal_rows_and_names_the_first_of_each()
    {
        int[] rows = [0, 5, 5, 5, 0, 1, 1, 1, 0, 5, 5, 5, 1, 1, 1, 1, 0, 1, 1, 1, 0, 5, 5, 5];

        using VoxelLevels levels = VoxelLevels.Build(_device, rows, 1);

        Assert.Equal(3, levels[0].Count);
        Assert.Equal([1, 0, 1, 2, 0, 1], levels.RowOf.ToArray());
        Assert.Equal([1, 0, 3], levels.First.ToArray());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(30)]
    [InlineData(64)]
    public void Sorting_keys_keeps_the_order_of_equal_ones(int bits)
    {
        var random = new CounterRandom(2, "keys");
        ulong[] keys = [.. Enumerable.Range(0, 5000).Select(i => random.Bits((ulong)i % 3000) >> (64 - bits))];
        int[] expected = [.. Enumerable.Range(0, keys.Length).OrderBy(i => keys[i])];
        ulong[] sorted = [.. keys.Order()];

        int[] order = new int[keys.Length];
        KeySort.Sort(keys, order, new ulong[keys.Length], new int[keys.Length], bits);

        Assert.Equal(expected, order);
        Assert.Equal(sorted, keys);
    }

    [Fact]
    public void Coarser_levels_are_the_floors_of_the_finer_ones()
    {
        int[] rows = Random(3000, 40);

        using VoxelLevels levels = VoxelLevels.Build(_device, rows, 5);

        for (int level = 1; level < 5; level++)
        {
            Assert.Equal(1 << level, levels[level].TensorStride);
            HashSet<SparseConvolutionOracle.Voxel> expected = SparseConvolutionOracle.Coarser(VoxelRows.Of(levels[level - 1]), levels[level - 1].TensorStride);
            Assert.Equal(expected.Count, levels[level].Count);
            Assert.True(expected.SetEquals(VoxelRows.Of(levels[level])));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Maps_hold_exactly_the_pairs_of_the_definition_at_every_level(int kernelSize)
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, Random(800, 14), 3);

        for (int level = 0; level < 3; level++)
        {
            SparseConvolutionOracle.Voxel[] voxels = VoxelRows.Of(levels[level]);
            var pairs = SparseConvolutionOracle.Pairs(voxels, voxels, kernelSize, levels[level].TensorStride, transposed: false);
            AssertSamePairs(pairs, levels.Within(level, kernelSize), reverse: false);
        }
    }

    [Fact]
    public void Strided_maps_hold_exactly_the_pairs_of_the_definition_both_ways()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, Random(2000, 25), 4);

        for (int level = 0; level < 3; level++)
        {
            SparseConvolutionOracle.Voxel[] fine = VoxelRows.Of(levels[level]), coarse = VoxelRows.Of(levels[level + 1]);
            int stride = levels[level].TensorStride;
            AssertSamePairs(SparseConvolutionOracle.Pairs(fine, coarse, 2, stride, transposed: false), levels.Down(level), reverse: false);
            AssertSamePairs(SparseConvolutionOracle.Pairs(coarse, fine, 2, stride, transposed: true), levels.Down(level), reverse: true);
        }
    }

    [Fact]
    public void Items_of_a_batch_never_meet_and_may_be_empty()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, 0, 0, 0, 2, 1, 0, 0, 2, 0, 0, 0], 2);

        Assert.Equal(3 + 2, levels.Within(0, 3).TotalPairs());
        Assert.Equal(2, levels[1].Count);
        Assert.Equal([0, 1, 1, 3], levels[0].BatchStarts(3));
    }

    [Fact]
    public void Very_far_coordinates_keep_their_neighbours()
    {
        const int far = 2_000_000_000;
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, far, -3, 0, 0, -far, -3, 0, 0, far + 1, -3, 0, 0, int.MaxValue, -3, 0, 0, int.MinValue, -3, 0], 5);

        Assert.Equal(5 + 2, levels.Within(0, 3).TotalPairs());
        Assert.Contains(new SparseConvolutionOracle.Voxel(0, int.MinValue, -3, 0), VoxelRows.Of(levels[0]));
        Assert.Equal(4, levels[4].Count);
    }

    [Fact]
    public void An_extent_that_no_key_can_hold_is_refused_with_its_numbers()
    {
        var error = Assert.Throws<ConfigurationException>(() =>
            VoxelLevels.Build(_device, [0, int.MinValue, int.MinValue, 0, 0, int.MaxValue, int.MaxValue, 0]));

        Assert.Contains("4294967296 x 4294967296 x 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_rows_give_empty_levels_and_maps()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [], 5);

        for (int level = 0; level < 5; level++)
        {
            Assert.Equal(0, levels[level].Count);
            Assert.Equal(0, levels.Within(level, 3).TotalPairs());
            if (level < 4) Assert.Equal(0, levels.Down(level).TotalPairs());
        }
    }

    [Fact]
    public void Rebuilt_levels_are_those_of_the_new_batch_alone_and_give_their_memory_back()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, Random(2000, 25), 3), expected = VoxelLevels.Build(_device, Random(500, 9), 3);
        levels.Within(0, 3);
        levels.Down(1);

        levels.Rebuild(Random(500, 9));

        Assert.Equal(expected.RowOf.ToArray(), levels.RowOf.ToArray());
        Assert.Equal(expected.First.ToArray(), levels.First.ToArray());
        for (int level = 0; level < 3; level++)
        {
            Assert.Equal(VoxelRows.Of(expected[level]), VoxelRows.Of(levels[level]));
            Assert.Equal(expected.Within(level, 3).PairCounts(), levels.Within(level, 3).PairCounts());
            if (level < 2) Assert.Equal(expected.Down(level).PairCounts(), levels.Down(level).PairCounts());
        }
        levels.Dispose();
        expected.Dispose();
        Assert.Equal(0, _device.Memory.BytesInUse);
    }

    [Fact]
    public void Points_go_to_the_voxel_below_them()
    {
        int[] rows = new int[12];

        Quantiser.Quantise([0.049f, 0, 0.051f, -0.001f, -0.049f, -0.0501f, 0.1f, 7.01f, -7.01f], 0.05, 3, rows);

        Assert.Equal([3, 0, 0, 1, 3, -1, -1, -2, 3, 2, 140, -141], rows);
    }

    [Theory]
    [InlineData(float.NaN, 0.05)]
    [InlineData(float.PositiveInfinity, 0.05)]
    [InlineData(1e9f, 0.05)]
    [InlineData(1, 0)]
    [InlineData(1, double.NaN)]
    public void Points_without_a_cell_are_refused(float x, double voxelSize) =>
        Assert.Throws<ConfigurationException>(() => Quantiser.Quantise([0, x, 0], voxelSize, 0, new int[4]));

    private static int[] Random(int count, int extent)
    {
        var random = new CounterRandom(1, "voxels");
        int[] rows = new int[4 * count];
        for (int i = 0; i < rows.Length; i++) rows[i] = i % 4 == 0 ? random.Integer((ulong)i, 2) : random.Integer((ulong)i, extent) - (extent / 2);
        return rows;
    }

    private static void AssertSamePairs(List<(int Input, int Index, int Output)> expected, KernelMap map, bool reverse)
    {
        var actual = new List<(int, int, int)>();
        for (int k = 0; k < map.KernelVolume; k++) actual.AddRange(PairsAt(map, k, reverse));
        Assert.Equal(expected.Count, actual.Count);
        Assert.True(new HashSet<(int, int, int)>(expected).SetEquals(actual));
    }

    private static unsafe List<(int, int, int)> PairsAt(KernelMap map, int index, bool reverse)
    {
        RowPairs pairs = map.Pairs(index, reverse);
        var list = new List<(int, int, int)>();
        for (int i = 0; i < pairs.Count; i++)
        {
            Assert.True(i == 0 || (pairs.To[i] > pairs.To[i - 1] && pairs.From[i] > pairs.From[i - 1]));
            list.Add((pairs.From[i], index, pairs.To[i]));
        }
        return list;
    }
}
