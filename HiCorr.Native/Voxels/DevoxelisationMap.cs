using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>
/// For points between the voxels of a level: the 8 voxels around each with their trilinear weights, and the same by voxel. A voxel stands at its own
/// coordinates, as in torchsparse: corner k = 4 dx + 2 dy + dz of a point p in units of the level's stride is floor(p) + (dx, dy, dz), and weighs
///   w_k / (1e-8 + Σ_existing w),  w_k = Π_axis (d ? f : 1 - f),  f = p - floor(p).
/// A point without any voxel around it has no weights. Made once on the host (torchsparse 2.1, calc_ti_weights).
/// </summary>
public sealed unsafe class DevoxelisationMap : IDisposable
{
    /// <summary>Voxels around a point.</summary>
    public const int Corners = 8;

    // torchsparse adds it to the sum: a point far from its only voxel fades to zero instead of taking its whole value.
    private const double SmallestSum = 1e-8;
    private const int PointsPerBlock = 1024;
    private readonly NativeIntegers _neighbours;
    private readonly Tensor _weights;
    private readonly NativeIntegers _starts;
    private readonly NativeIntegers _entries;

    private DevoxelisationMap(int points, int voxels, NativeIntegers neighbours, Tensor weights, NativeIntegers starts, NativeIntegers entries) =>
        (Points, Voxels, _neighbours, _weights, _starts, _entries) = (points, voxels, neighbours, weights, starts, entries);

    public int Points { get; }

    public int Voxels { get; }

    /// <summary>Voxel rows, (Points, 8), on the device; -1 where there is none.</summary>
    internal int* Neighbours => _neighbours.Pointer;

    /// <summary>(Points, 8), on the device; 0 where there is no voxel.</summary>
    internal float* Weights => _weights.Data;

    /// <summary>Where a voxel's entries begin, and their number in all at the end, (Voxels + 1), on the device.</summary>
    internal int* Starts => _starts.Pointer;

    /// <summary>Places in the neighbours and weights, voxel by voxel, each voxel's in rising order; on the device.</summary>
    internal int* Entries => _entries.Pointer;

    /// <summary>Finds the voxels around points.</summary>
    /// <param name="device">Where the map is to live.</param>
    /// <param name="grid">The level.</param>
    /// <param name="points">(N, 3), in units of the finest grid like the grid's own coordinates.</param>
    /// <param name="batches">(N), batch item of every point.</param>
    /// <exception cref="ArgumentException">Points and batch items do not fit, or a point is not finite.</exception>
    public static DevoxelisationMap Build(Device device, VoxelGrid grid, ReadOnlySpan<float> points, ReadOnlySpan<int> batches)
    {
        if (points.Length != 3L * batches.Length) throw new ArgumentException($"{points.Length} coordinates are not 3 for each of {batches.Length} batch items", nameof(points));
        for (int i = 0; i < points.Length; i++)
            if (!float.IsFinite(points[i])) throw new ArgumentException($"point {i / 3} is not finite: remove it before", nameof(points));
        CpuDevice host = device.Host;
        NativeIntegers neighbours = host.Memory.RentIntegers(checked(Corners * batches.Length));
        Tensor weights = host.Memory.Rent(batches.Length, Corners);
        fixed (ulong* keys = grid.Keys)
        fixed (float* positions = points)
        fixed (int* items = batches)
        {
            host.Threads.For((batches.Length + PointsPerBlock - 1) / PointsPerBlock,
                new NeighbourBlock(grid.Layout, grid.TensorStride, keys, grid.Count, positions, items, batches.Length, neighbours.Pointer, weights.Data));
        }
        (NativeIntegers starts, NativeIntegers entries) = ByVoxel(host, neighbours.Span, grid.Count);
        return new DevoxelisationMap(batches.Length, grid.Count, Move(neighbours, device), Move(weights, device), Move(starts, device), Move(entries, device));
    }

    public void Dispose()
    {
        _neighbours.Dispose();
        _weights.Dispose();
        _starts.Dispose();
        _entries.Dispose();
    }

    private static (NativeIntegers Starts, NativeIntegers Entries) ByVoxel(CpuDevice host, ReadOnlySpan<int> neighbours, int voxels)
    {
        NativeIntegers starts = host.Memory.RentIntegers(voxels + 1);
        Span<int> start = starts.Span;
        start.Clear();
        foreach (int voxel in neighbours)
            if (voxel >= 0) start[voxel + 1]++;
        for (int voxel = 0; voxel < voxels; voxel++) start[voxel + 1] += start[voxel];
        NativeIntegers entries = host.Memory.RentIntegers(start[voxels]);
        Span<int> entry = entries.Span;
        for (int at = 0; at < neighbours.Length; at++)
            if (neighbours[at] >= 0) entry[start[neighbours[at]]++] = at;
        // Each start has moved on to the next voxel's.
        for (int voxel = voxels; voxel > 0; voxel--) start[voxel] = start[voxel - 1];
        start[0] = 0;
        return (starts, entries);
    }

    private static NativeIntegers Move(NativeIntegers values, Device device)
    {
        if (device == device.Host) return values;
        NativeIntegers copy = device.Memory.RentIntegers(values.Count);
        copy.CopyFrom(values.Span);
        values.Dispose();
        return copy;
    }

    private static Tensor Move(Tensor values, Device device)
    {
        if (device == device.Host) return values;
        Tensor copy = device.Memory.Rent(values.Rows, values.Columns);
        copy.CopyFrom(values);
        values.Dispose();
        return copy;
    }

    private readonly struct NeighbourBlock(KeyLayout layout, int stride, ulong* keys, int count, float* points, int* batches, int rows, int* neighbours, float* weights)
        : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * PointsPerBlock; row < Math.Min(rows, (index + 1) * PointsPerBlock); row++)
                Fill(points + (3L * row), batches[row], neighbours + ((long)Corners * row), weights + ((long)Corners * row));
        }

        private void Fill(float* point, int batch, int* found, float* weight)
        {
            double x = (double)point[0] / stride, y = (double)point[1] / stride, z = (double)point[2] / stride;
            double floorX = Math.Floor(x), floorY = Math.Floor(y), floorZ = Math.Floor(z);
            double sum = 0;
            double* products = stackalloc double[Corners];
            for (int corner = 0; corner < Corners; corner += 2)
            {
                int right = corner >> 2, behind = (corner >> 1) & 1;
                (found[corner], found[corner + 1]) = Find(batch, (long)floorX + right, (long)floorY + behind, (long)floorZ);
                double side = Share(x - floorX, right) * Share(y - floorY, behind);
                products[corner] = found[corner] < 0 ? 0 : side * Share(z - floorZ, 0);
                products[corner + 1] = found[corner + 1] < 0 ? 0 : side * Share(z - floorZ, 1);
                sum += products[corner] + products[corner + 1];
            }
            for (int corner = 0; corner < Corners; corner++) weight[corner] = (float)(products[corner] / (sum + SmallestSum));
        }

        private static double Share(double fraction, int side) => side == 0 ? 1 - fraction : fraction;

        /// <summary>Rows of a cell and of the one above it in z, whose key is the next number.</summary>
        private (int Cell, int Above) Find(long batch, long x, long y, long z)
        {
            ulong key = layout.Pack(batch, x, y, z);
            // A cell beyond the extent and its margin would run over into another field.
            if (layout.Unpack(key) != (batch, x, y, z)) return (-1, -1);
            int at = new ReadOnlySpan<ulong>(keys, count).BinarySearch(key), above = at < 0 ? ~at : at + 1;
            return (Math.Max(at, -1), above < count && keys[above] == key + 1 ? above : -1);
        }
    }
}
