using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>
/// The voxels of a batch at tensor strides 1, 2, 4, ... and the kernel maps between and within them, each built once when it is first asked
/// for. Rows are in key order at every level: features must be given in the order of <see cref="RowOf"/> and <see cref="First"/>. All of it is made on
/// the device and lies in its pooled memory, but for those two, which lie on the host.
/// </summary>
public sealed class VoxelLevels : IDisposable
{
    private const int KernelSizes = 3; // 1, 3, 5
    private readonly Device _device;
    private readonly VoxelGrid[] _grids;
    private readonly KernelMap?[] _within; // by level, then kernel size
    private readonly KernelMap?[] _down;
    private readonly NativeIntegers _rowOf;
    private readonly NativeIntegers _first;

    private VoxelLevels(Device device, int levels, int tensorStride)
    {
        _device = device;
        _grids = new VoxelGrid[levels];
        for (int level = 0; level < levels; level++) _grids[level] = new VoxelGrid(device, tensorStride << level);
        _within = new KernelMap?[levels * KernelSizes];
        _down = new KernelMap?[levels - 1];
        (_rowOf, _first) = (new NativeIntegers(device.Host.Memory), new NativeIntegers(device.Host.Memory));
    }

    public int Count => _grids.Length;

    /// <summary>For every row that was given, its voxel row on level 0.</summary>
    public ReadOnlySpan<int> RowOf => _rowOf.Span;

    /// <summary>For every voxel row on level 0, the first given row that lies in it.</summary>
    public ReadOnlySpan<int> First => _first.Span[.._grids[0].Count];

    public VoxelGrid this[int level] => _grids[level];

    /// <summary>Builds the levels.</summary>
    /// <param name="device">Where the maps are to live.</param>
    /// <param name="rows">(batch, x, y, z) per row; rows may repeat.</param>
    /// <param name="levels">How many levels, the finest included.</param>
    /// <param name="tensorStride">Tensor stride of the finest level.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    public static VoxelLevels Build(Device device, ReadOnlySpan<int> rows, int levels = 5, int tensorStride = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        var built = new VoxelLevels(device, levels, tensorStride);
        built.Rebuild(rows);
        return built;
    }

    /// <summary>The levels of another batch in place of those before, whose maps end here; allocates no managed memory.</summary>
    /// <param name="rows">(batch, x, y, z) per row; rows may repeat.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    public void Rebuild(ReadOnlySpan<int> rows)
    {
        if (rows.Length % 4 != 0) throw new ArgumentException("A voxel row is (batch, x, y, z).", nameof(rows));
        Dispose();
        _grids[0].Fill(rows, _rowOf, _first);
        for (int level = 1; level < _grids.Length; level++) _grids[level].Fill(finer: _grids[level - 1]);
    }

    /// <summary>The map of a stride-1 convolution with kernel size 1, 3 or 5 on a level.</summary>
    public KernelMap Within(int level, int kernelSize)
    {
        if (kernelSize is not (1 or 3 or 5)) throw new ArgumentOutOfRangeException(nameof(kernelSize), $"{kernelSize} is not 1, 3 or 5");
        KernelMap map = _within[(level * KernelSizes) + (kernelSize / 2)] ??= new KernelMap(_device, kernelSize);
        if (!map.IsFilled) map.Fill(_grids[level]);
        return map;
    }

    /// <summary>The map of the 2x2x2 convolution with stride 2 from a level to the next coarser one.</summary>
    public KernelMap Down(int level)
    {
        KernelMap map = _down[level] ??= new KernelMap(_device, 2);
        if (!map.IsFilled) map.Fill(_grids[level], _grids[level + 1]);
        return map;
    }

    /// <summary>Gives all memory back; <see cref="Rebuild"/> takes some again.</summary>
    public void Dispose()
    {
        foreach (KernelMap? map in _within) map?.Dispose();
        foreach (KernelMap? map in _down) map?.Dispose();
        foreach (VoxelGrid grid in _grids) grid.Clear();
        _rowOf.Dispose();
        _first.Dispose();
    }
}
