using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Devoxelise;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class DevoxeliseTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 8)]
    [InlineData(1, 3)]
    [InlineData(2, 20)]
    public void Outputs_and_gradients_are_the_oracles(int level, int channels)
    {
        (VoxelLevels levels, float[] points, int[] batches) = Scene(300, 500);
        using (levels)
        {
            VoxelGrid grid = levels[level];
            float[] features = Numbers.Normal(grid.Count * channels, 3), upstream = Numbers.Normal(batches.Length * channels, 4);
            double[,] weights = DevoxelisationOracle.Weights(VoxelRows.Of(grid), grid.TensorStride, points, batches);
            using var map = DevoxelisationMap.Build(_device, grid, points, batches);
            using Tensor input = Filled(features, grid.Count, channels), gradOutput = Filled(upstream, batches.Length, channels);
            using Tensor output = _device.Memory.Rent(batches.Length, channels), gradInput = _device.Memory.RentZeros(grid.Count, channels);

            Devoxelise.Forward(_device, input, map, output);
            Devoxelise.Backward(_device, gradOutput, map, gradInput);

            Numbers.AssertClose(DevoxelisationOracle.Forward(weights, features, channels), output.Span);
            Numbers.AssertClose(DevoxelisationOracle.Backward(weights, upstream, channels), gradInput.Span);
        }
    }

    [Fact]
    public void Gradients_are_slopes()
    {
        (VoxelLevels levels, float[] points, int[] batches) = Scene(12, 20);
        using (levels)
        {
            VoxelGrid grid = levels[0];
            float[] upstream = Numbers.Normal(batches.Length * 2, 4);
            using var map = DevoxelisationMap.Build(_device, grid, points, batches);
            using Tensor input = Filled(Numbers.Normal(grid.Count * 2, 3), grid.Count, 2), gradOutput = Filled(upstream, batches.Length, 2);
            using Tensor output = _device.Memory.Rent(batches.Length, 2), gradInput = _device.Memory.RentZeros(grid.Count, 2);
            Devoxelise.Backward(_device, gradOutput, map, gradInput);

            double Loss()
            {
                Devoxelise.Forward(_device, input, map, output);
                double loss = 0;
                for (int i = 0; i < upstream.Length; i++) loss += (double)upstream[i] * output.Span[i];
                return loss;
            }
            for (int i = 0; i < grid.Count * 2; i++) Assert.Equal(Numbers.Slope(Loss, input.Span, i, 0.5f), gradInput.Span[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_point_on_a_voxel_takes_its_features(int level)
    {
        (VoxelLevels levels, _, _) = Scene(100, 0);
        using (levels)
        {
            VoxelGrid grid = levels[level];
            SparseConvolutionOracle.Voxel[] voxels = VoxelRows.Of(grid);
            using var map = DevoxelisationMap.Build(_device, grid, [.. voxels.SelectMany(v => new float[] { v.X, v.Y, v.Z })], [.. voxels.Select(v => v.Batch)]);
            using Tensor input = Filled(Numbers.Normal(grid.Count * 3, 3), grid.Count, 3), output = _device.Memory.Rent(grid.Count, 3);

            Devoxelise.Forward(_device, input, map, output);

            Assert.Equal(input.ToArray(), output.ToArray());
        }
    }

    [Fact]
    public void One_voxel_of_eight_gives_its_features_undiluted()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, 1, 2, 3], 1);
        using var map = DevoxelisationMap.Build(_device, levels[0], [0.5f, 2.5f, 3.5f], [0]);
        using Tensor input = Filled([8], 1, 1), output = _device.Memory.Rent(1, 1);

        Devoxelise.Forward(_device, input, map, output);

        Assert.Equal(8, output.Span[0], 1e-5);
    }

    // Outside the extent a voxel's key would be another voxel's: by one cell, by the whole width of a field, in the item before, and where 64 bits end.
    [Theory]
    [InlineData(0, -2.5, 0, 0)]
    [InlineData(0, 0, 0, 8.5)]
    [InlineData(0, 0, -1.5, 7.5)]
    [InlineData(-1, 0, 0, 0)]
    [InlineData(2, 0, 0, 0)]
    [InlineData(0, 3e38, 0, 0)]
    [InlineData(0, 0, 0, -3e38)]
    public void A_point_without_voxels_around_it_gets_zeros_and_gives_no_gradient(int batch, double x, double y, double z)
    {
        int[] rows = [.. from item in Enumerable.Range(0, 2) from a in Enumerable.Range(0, 2) from b in Enumerable.Range(0, 2) from c in Enumerable.Range(0, 2) from v in new[] { item, a, b, c } select v];
        using VoxelLevels levels = VoxelLevels.Build(_device, rows, 1);
        using var map = DevoxelisationMap.Build(_device, levels[0], [(float)x, (float)y, (float)z], [batch]);
        using Tensor input = Filled(Numbers.Normal(16, 1), 16, 1), output = Filled([5], 1, 1);
        using Tensor gradOutput = Filled([1], 1, 1), gradInput = _device.Memory.RentZeros(16, 1);

        Devoxelise.Forward(_device, input, map, output);
        Devoxelise.Backward(_device, gradOutput, map, gradInput);

        Assert.Equal(0, output.Span[0]);
        Assert.All(gradInput.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_gradient_is_added_to_what_is_there()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, 0, 0, 0, 0, 5, 5, 5], 1);
        using var map = DevoxelisationMap.Build(_device, levels[0], [0, 0, 0, 0, 0, 0], [0, 0]);
        using Tensor gradOutput = Filled([1, 2], 2, 1), gradInput = Filled([10, 20], 2, 1);

        Devoxelise.Backward(_device, gradOutput, map, gradInput);

        Assert.Equal([13, 20], gradInput.ToArray());
    }

    [Fact]
    public void No_points_and_no_voxels_are_fine()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, 0, 0, 0], 1), none = VoxelLevels.Build(_device, [], 1);
        using DevoxelisationMap noPoints = DevoxelisationMap.Build(_device, levels[0], [], []), noVoxels = DevoxelisationMap.Build(_device, none[0], [1, 2, 3], [0]);
        using Tensor one = Filled([7, 7], 1, 2), nothing = _device.Memory.Rent(0, 2);

        Devoxelise.Forward(_device, nothing, noVoxels, one);
        Devoxelise.Backward(_device, nothing, noPoints, one);

        Assert.Equal([0, 0], one.ToArray());
    }

    [Fact]
    public void Rejects_points_that_are_not_finite_or_do_not_fit()
    {
        using VoxelLevels levels = VoxelLevels.Build(_device, [0, 0, 0, 0], 1);
        Assert.Contains("point 1 is not finite", Assert.Throws<ArgumentException>(() => DevoxelisationMap.Build(_device, levels[0], [0, 0, 0, 1, float.NaN, 1], [0, 0])).Message);
        Assert.Throws<ArgumentException>(() => DevoxelisationMap.Build(_device, levels[0], [0, 0, 0], [0, 0]));
        using var map = DevoxelisationMap.Build(_device, levels[0], [0, 0, 0], [0]);
        using Tensor one = Filled([1], 1, 1), two = Filled([1, 2], 2, 1), wide = Filled([1, 2], 1, 2);
        Assert.Throws<ArgumentException>(() => Devoxelise.Forward(_device, two, map, one));
        Assert.Throws<ArgumentException>(() => Devoxelise.Forward(_device, one, map, two));
        Assert.Throws<ArgumentException>(() => Devoxelise.Backward(_device, wide, map, one));
    }

    /// <summary>Voxels of two batch items on both sides of 0, and points among and beside them.</summary>
    private (VoxelLevels Levels, float[] Points, int[] Batches) Scene(int voxels, int points)
    {
        float[] cells = Numbers.Normal(3 * voxels, 1);
        int[] rows = [.. Enumerable.Range(0, 4 * voxels).Select(i => i % 4 == 0 ? i / 4 % 2 : (int)MathF.Floor(3 * cells[(3 * (i / 4)) + (i % 4) - 1]))];
        float[] positions = [.. Numbers.Normal(3 * points, 2).Select(value => 4 * value)];
        return (VoxelLevels.Build(_device, rows, 3), positions, [.. Enumerable.Range(0, points).Select(i => i % 2)]);
    }

    private Tensor Filled(float[] values, int rows, int columns) => FilledTensor.Of(_device, values, rows, columns);
}
