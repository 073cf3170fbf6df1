using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Datasets.Rgbd;

/// <summary>Weighted sums of the measurements in one voxel.</summary>
internal struct VoxelSum
{
    public long Key;
    public int Count;
    public double Weight, X, Y, Z, Nx, Ny, Nz, Red, Green, Blue;
}

/// <summary>Three voxel coordinates in one number of 63 bits.</summary>
internal static class VoxelKey
{
    /// <summary>Voxels from the origin in each direction.</summary>
    public const int Reach = 1 << 20;

    /// <summary>-1 where the point is out of reach or not finite.</summary>
    public static long Of(double x, double y, double z)
    {
        double i = Math.Floor(x) + Reach, j = Math.Floor(y) + Reach, k = Math.Floor(z) + Reach;
        return i >= 0 && i < 2 * Reach && j >= 0 && j < 2 * Reach && k >= 0 && k < 2 * Reach ? ((long)k << 42) | ((long)j << 21) | (long)i : -1;
    }
}

/// <summary>Sums by voxel, in the order in which voxels were first met.</summary>
internal sealed class VoxelSums(int expected)
{
    private readonly Dictionary<long, int> _index = new(expected);
    private readonly List<VoxelSum> _sums = new(expected);
    private long _lastKey = -1;
    private int _last;

    public ReadOnlySpan<VoxelSum> Items => CollectionsMarshal.AsSpan(_sums);

    /// <summary>The sum of a voxel, zero when it is met for the first time. Valid until the next call.</summary>
    public ref VoxelSum Find(long key)
    {
        // Neighbouring pixels mostly fall into the same voxel.
        if (key != _lastKey)
        {
            ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(_index, key, out bool known);
            if (!known)
            {
                index = _sums.Count;
                _sums.Add(new VoxelSum { Key = key });
            }
            _lastKey = key;
            _last = index;
        }
        return ref CollectionsMarshal.AsSpan(_sums)[_last];
    }

    public void Merge(VoxelSums other)
    {
        foreach (ref readonly VoxelSum more in other.Items)
        {
            ref VoxelSum sum = ref Find(more.Key);
            sum.Count += more.Count;
            sum.Weight += more.Weight;
            sum.X += more.X;
            sum.Y += more.Y;
            sum.Z += more.Z;
            sum.Nx += more.Nx;
            sum.Ny += more.Ny;
            sum.Nz += more.Nz;
            sum.Red += more.Red;
            sum.Green += more.Green;
            sum.Blue += more.Blue;
        }
    }
}
