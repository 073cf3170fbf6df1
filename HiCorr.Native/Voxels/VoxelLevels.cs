using HiCorr.Native.Devices;

namespace HiCorr.Native.Voxels;

/// <summary>
/// The voxels of a batch at tensor strides 1, 2, 4, ... and the kernel maps between and within them, each built once when it is first asked
/// for. Rows are in key order at every level: features must be given in the order of <see cref="RowOf"/> and <see cref="First"/>.
/// </summary>
public sealed class VoxelLevels : IDisposable
{
    private readonly CpuDevice _device;
    private readonly VoxelGrid[] _grids;
    private readonly Dictionary<(int Level, int KernelSize), KernelMap> _within = [];
    private readonly KernelMap?[] _down;

    private VoxelLevels(CpuDevice device, VoxelGrid[] grids, int[] rowOf, int[] first)
    {
        _device = device;
        _grids = grids;
        _down = new KernelMap?[grids.Length - 1];
        (RowOf, First) = (rowOf, first);
    }

    public int Count => _grids.Length;

    /// <summary>For every row that was given, its voxel row on level 0.</summary>
    public int[] RowOf { get; }

    /// <summary>For every voxel row on level 0, the first given row that lies in it.</summary>
    public int[] First { get; }

    public VoxelGrid this[int level] => _grids[level];

    /// <summary>Builds the levels.</summary>
    /// <param name="device">Where the maps are to live.</param>
    /// <param name="rows">(batch, x, y, z) per row; rows may repeat.</param>
    /// <param name="levels">How many levels, the finest included.</param>
    /// <param name="tensorStride">Tensor stride of the finest level.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    public static VoxelLevels Build(CpuDevice device, ReadOnlySpan<int> rows, int levels = 5, int tensorStride = 1)
    {
        if (rows.Length % 4 != 0) throw new ArgumentException("A voxel row is (batch, x, y, z).", nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        var grids = new VoxelGrid[levels];
        grids[0] = VoxelGrid.Build(rows, tensorStride, out int[] rowOf, out int[] first);
        for (int level = 1; level < levels; level++) grids[level] = grids[level - 1].Coarser();
        return new VoxelLevels(device, grids, rowOf, first);
    }

    /// <summary>The map of a stride-1 convolution with kernel size 1, 3 or 5 on a level.</summary>
    public KernelMap Within(int level, int kernelSize)
    {
        if (!_within.TryGetValue((level, kernelSize), out KernelMap? map))
            _within[(level, kernelSize)] = map = KernelMap.Within(_device, _grids[level], kernelSize);
        return map;
    }

    /// <summary>The map of the 2x2x2 convolution with stride 2 from a level to the next coarser one.</summary>
    public KernelMap Down(int level) => _down[level] ??= KernelMap.Down(_device, _grids[level], _grids[level + 1]);

    public void Dispose()
    {
        foreach (KernelMap map in _within.Values) map.Dispose();
        foreach (KernelMap? map in _down) map?.Dispose();
        _within.Clear();
        Array.Clear(_down);
    }
}
