using HiCorr.Native.Tensors;

namespace HiCorr.Native.Cuda;

/// <summary>
/// Launch shapes of kernels that go over matrices of one size by columns, as <c>cuda/common/columns.cuh</c> has them: a thread takes
/// <see cref="Width"/> neighbouring columns of some rows.
/// </summary>
internal readonly unsafe struct ColumnTiles
{
    private const int Threads = 256;
    private const int RowsPerBlock = 256;
    private const int MostBlocks = 512;
    private const int PartialLanes = 32;
    private const int PartialRows = 16;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _lanes;
    private readonly int _tiles;

    /// <param name="rows">Of every matrix.</param>
    /// <param name="columns">Of every matrix.</param>
    /// <param name="matrices">All that the kernel reads or writes by this width; null where one is left out.</param>
    public ColumnTiles(int rows, int columns, params ReadOnlySpan<Tensor?> matrices)
    {
        (_rows, _columns) = (rows, columns);
        Width = columns % 4 == 0 ? 4 : 1;
        foreach (Tensor? matrix in matrices)
            if (matrix is not null && (matrix.Stride % 4 != 0 || (nint)matrix.Data % 16 != 0)) Width = 1;
        int threads = columns / Width;
        _tiles = (threads + Threads - 1) / Threads;
        _lanes = _tiles == 0 ? 1 : (threads + _tiles - 1) / _tiles;
    }

    /// <summary>Columns a thread: 4 where every matrix allows loads of 16 bytes, else 1.</summary>
    public int Width { get; }

    private int BlockRows => Threads / _lanes;

    /// <summary>Rows of a block of <see cref="Sums"/>. Cut by the size alone: the order of the sums is the same on every device.</summary>
    public int RowsOfSums => Math.Max(RowsPerBlock, (_rows + MostBlocks - 1) / MostBlocks);

    /// <summary>Blocks along the rows of <see cref="Sums"/>.</summary>
    public int Blocks => (_rows + RowsOfSums - 1) / RowsOfSums;

    /// <summary>For a kernel that loops over all rows.</summary>
    public LaunchShape Rows(CudaDevice device)
    {
        int blocks = device.BlocksFor((long)_rows * _tiles * _lanes, Threads), perTile = _tiles == 0 ? 0 : (blocks + _tiles - 1) / _tiles;
        return new LaunchShape(perTile, _tiles, 1, _lanes, BlockRows, 1, 0);
    }

    /// <summary>For sum_block_rows.</summary>
    public LaunchShape Sums() => new(Blocks, _tiles, 1, _lanes, BlockRows, 1, 0);

    /// <summary>For sum_blocks.</summary>
    public LaunchShape SumsOfBlocks() => new((_columns + PartialLanes - 1) / PartialLanes, 1, 1, PartialLanes, PartialRows, 1, 0);

    /// <summary>Memory for the sums of every block: 2 doubles a column.</summary>
    public Tensor RentPartials(CudaDevice device) => device.Memory.Rent(Blocks, 4 * _columns);
}
