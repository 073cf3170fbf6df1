using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native;

/// <summary>Between rows in the order of a test's coordinates and rows in the engine's voxel order.</summary>
public static class VoxelRows
{
    /// <summary>A tensor whose row of each voxel is the values' row of the same voxel.</summary>
    public static Tensor ToTensor(CpuDevice device, VoxelGrid grid, SparseConvolutionOracle.Voxel[] order, float[] values)
    {
        int columns = order.Length == 0 ? 0 : values.Length / order.Length;
        Tensor tensor = device.Memory.Rent(grid.Count, columns);
        foreach ((int row, int given) in Match(grid, order)) values.AsSpan(given * columns, columns).CopyTo(tensor.Row(row));
        return tensor;
    }

    /// <summary>The tensor's rows in the order of the coordinates.</summary>
    public static float[] ToArray(VoxelGrid grid, SparseConvolutionOracle.Voxel[] order, Tensor tensor)
    {
        float[] values = new float[order.Length * tensor.Columns];
        foreach ((int row, int given) in Match(grid, order)) tensor.Row(row).CopyTo(values.AsSpan(given * tensor.Columns));
        return values;
    }

    public static SparseConvolutionOracle.Voxel[] Parse(int[] coordinates) =>
        [.. coordinates.Chunk(4).Select(c => new SparseConvolutionOracle.Voxel(c[0], c[1], c[2], c[3]))];

    public static SparseConvolutionOracle.Voxel[] Of(VoxelGrid grid) =>
        [.. Enumerable.Range(0, grid.Count).Select(row => At(grid, row))];

    private static IEnumerable<(int Row, int Given)> Match(VoxelGrid grid, SparseConvolutionOracle.Voxel[] order)
    {
        var given = new Dictionary<SparseConvolutionOracle.Voxel, int>();
        for (int i = 0; i < order.Length; i++) given.Add(order[i], i);
        Assert.Equal(order.Length, grid.Count);
        for (int row = 0; row < grid.Count; row++) yield return (row, given[At(grid, row)]);
    }

    private static SparseConvolutionOracle.Voxel At(VoxelGrid grid, int row)
    {
        (int batch, int x, int y, int z) = grid[row];
        return new SparseConvolutionOracle.Voxel(batch, x, y, z);
    }
}
