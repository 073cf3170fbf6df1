using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>
/// The products of <see cref="GatherGemm"/> on a CUDA device, in its precision: launches of <c>cuda/common/row_products.cuh</c> and
/// <c>outer_products.cuh</c>, which <c>sparse_conv.cu</c> and <c>linear.cu</c> hold under names of their own. Splits depend on sizes alone, and the order
/// in which a value is summed does not depend on the tile: the same sizes give the same bits.
/// </summary>
internal sealed unsafe class CudaGemm
{
    private const int BlocksPerMultiprocessor = 2;
    private const int LongSum = 2048;
    private const int WantedBlocks = 1024;
    private const int MostRowSplits = 8;
    private const int LeastRowsPerSplit = 256;
    private const int MostSplits = 256;
    private const long MostPartBytes = 256L << 20;
    private const int ThreadsPerBlock = 256;
    private const int ValuesPerBlock = 32;
    private const int TilesInFp32 = 3;

    // Kept equal to row_products.cuh.
    private static readonly Tile[] s_tiles =
    [
        new("32x32", 32, 32, 32, 128), new("64x32", 64, 32, 32, 128), new("64x64", 64, 64, 32, 128), new("128x96", 128, 96, 16, 256), new("128x128", 128, 128, 16, 256),
    ];

    private readonly string _source;
    private readonly string[,] _multiply = new string[s_tiles.Length, Enum.GetValues<Precision>().Length];
    private readonly string[] _pack = new string[Enum.GetValues<Precision>().Length];
    private readonly string[] _outer32 = new string[Enum.GetValues<Precision>().Length];
    private readonly string[] _outer64 = new string[Enum.GetValues<Precision>().Length];
    private readonly string _addParts;

    /// <param name="source">Name of the .cu, which its kernels' names begin with.</param>
    public CudaGemm(string source)
    {
        (_source, _addParts) = (source, source + "_add_parts");
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            string ending = precision.ToString().ToLowerInvariant();
            for (int tile = 0; tile < s_tiles.Length; tile++) _multiply[tile, (int)precision] = $"{source}_multiply_{s_tiles[tile].Name}_{ending}";
            _pack[(int)precision] = $"{source}_pack_{ending}";
            _outer32[(int)precision] = $"{source}_outer_32x32_{ending}";
            _outer64[(int)precision] = $"{source}_outer_64x64_{ending}";
        }
    }

    /// <summary>target[row] = sum over k of source[neighbour of row at k] @ B_k, plus bias and residual.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="source">(any, depth).</param>
    /// <param name="weights">B: (volume x depth, columns), or (volume x columns, depth) when <paramref name="transposed"/>.</param>
    /// <param name="transposed">Whether to multiply with the transposed matrices.</param>
    /// <param name="target">(rows, columns).</param>
    /// <param name="volume">Number of matrices.</param>
    /// <param name="table">Which source row a target row reads at every k; null for the same row, with one matrix.</param>
    /// <param name="order">Which target row the table's tiles take at which place, (rows) integers on the device; 0 for the order of rows.</param>
    /// <param name="bias">(1, columns), or null; not with a table.</param>
    /// <param name="residual">(rows, columns), or null; the target itself to add to it. With a table only that.</param>
    public void Multiply(CudaDevice device, Tensor source, Tensor weights, bool transposed, Tensor target, int volume = 1, NeighbourTable? table = null,
        nint order = 0, Tensor? bias = null, Tensor? residual = null)
    {
        if (target.Rows == 0 || target.Columns == 0) return;
        int index = TileFor(device, target.Rows, target.Columns);
        Tile tile = s_tiles[index];
        int depth = source.Columns, columns = target.Columns;
        int columnTiles = Ceiling(columns, tile.Columns);
        using Tensor packed = Pack(device, weights, transposed, volume, depth, columns, tile);
        int splits = table is null || order != 0 ? 1 : SplitsOf(volume, target.Rows, depth, columns);
        using Tensor? parts = splits == 1 ? null : device.Memory.Rent(checked(splits * target.Rows), columns);
        Tensor? added = parts is null ? residual : null;
        KernelArguments product = default;
        product.Add(source.Data).Add((long)source.Stride).Add(packed.Data).Add((parts ?? target).Data).Add((long)(parts ?? target).Stride)
            .Add(bias is null ? null : bias.Data).Add(added is null ? null : added.Data).Add((long)(added?.Stride ?? 0))
            .Add((long)target.Rows).Add((long)depth).Add((long)columns);
        if (table is { } neighbours) product.Add(neighbours.Entries).Add(order).Add((long)volume).Add(neighbours.Mirrored ? 1L : 0L);
        var shape = new LaunchShape(checked(Ceiling(target.Rows, tile.Rows) * columnTiles), splits, 1, tile.Threads, 1, 1, 0);
        device.Launch(_source, _multiply[index, (int)device.Precision], shape, ref product);
        if (parts is not null) AddParts(device, parts, splits, target, keeps: residual is not null);
    }

    /// <summary>B as the kernels read it, tile by tile with zeros around it.</summary>
    private Tensor Pack(CudaDevice device, Tensor weights, bool transposed, int volume, int depth, int columns, Tile tile)
    {
        long factors = volume * Padded(depth, tile.Depth) * Padded(columns, tile.Columns);
        long words = device.Precision is Precision.Bf16 or Precision.Fp16 ? factors / 2 : factors;
        Tensor packed = device.Memory.Rent(checked((int)(words / 32)), 32); // words, whose number is a multiple of 32
        KernelArguments arguments = default;
        arguments.Add(weights.Data).Add((transposed ? columns : depth) * (long)weights.Stride).Add(transposed ? 1L : weights.Stride).Add(transposed ? weights.Stride : 1L)
            .Add((long)depth).Add((long)columns).Add((long)tile.Depth).Add((long)tile.Columns).Add(packed.Data).Add(words);
        device.Launch(_source, _pack[(int)device.Precision], new LaunchShape(device.BlocksFor(words, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        return packed;
    }

    /// <summary>weights_k += sum over the pairs of k of x[from]^T y[to].</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="x">(any, depth).</param>
    /// <param name="y">(any, columns).</param>
    /// <param name="weights">(volume x depth, columns).</param>
    /// <param name="volume">Number of matrices.</param>
    /// <param name="table">Rows of x that rows of y meet, not mirrored; null for the same row, with one matrix.</param>
    /// <param name="swapped">Whether the table's side is x.</param>
    public void OuterProducts(CudaDevice device, Tensor x, Tensor y, Tensor weights, int volume = 1, NeighbourTable? table = null, bool swapped = false)
    {
        int rows = table?.Rows ?? x.Rows;
        if (rows == 0 || x.Columns == 0 || y.Columns == 0) return;
        bool small = Padded(x.Columns, 64) * Padded(y.Columns, 64) > Padded(x.Columns, 32) * Padded(y.Columns, 32) * 5 / 4;
        int edge = small ? 32 : 64;
        long tiles = (long)volume * Ceiling(x.Columns, edge) * Ceiling(y.Columns, edge), size = (long)volume * x.Columns * y.Columns;
        long splits = Math.Min(Math.Min(Ceiling(WantedBlocks, tiles), MostSplits), Math.Max(1, MostPartBytes / (size * sizeof(float))));
        long rowsPerSplit = Math.Max(LeastRowsPerSplit, Padded(Ceiling(rows, splits), 32));
        splits = Ceiling(rows, rowsPerSplit);
        using Tensor parts = device.Memory.Rent(checked((int)(splits * volume)), checked(x.Columns * y.Columns));

        KernelArguments product = default;
        product.Add(x.Data).Add((long)x.Stride).Add(y.Data).Add((long)y.Stride).Add(parts.Data).Add((long)x.Columns).Add((long)y.Columns).Add((long)volume)
            .Add(splits).Add((long)rows).Add(rowsPerSplit);
        if (table is { } neighbours) product.Add(neighbours.Entries).Add(swapped ? 1L : 0L);
        device.Launch(_source, (small ? _outer32 : _outer64)[(int)device.Precision], new LaunchShape(checked((int)(tiles * splits)), 128), ref product);

        AddParts(device, parts, splits, weights, keeps: true);
    }

    private void AddParts(CudaDevice device, Tensor parts, long splits, Tensor target, bool keeps)
    {
        KernelArguments sum = default;
        sum.Add(parts.Data).Add(splits).Add(target.Data).Add((long)target.Stride).Add((long)target.Rows).Add((long)target.Columns).Add(keeps ? 1L : 0L);
        device.Launch(_source, _addParts, new LaunchShape((int)Ceiling((long)target.Rows * target.Columns, ValuesPerBlock), ThreadsPerBlock), ref sum);
    }

    /// <summary>Parts of the kernel indices that blocks of their own sum: few rows at a coarse level would else keep few multiprocessors busy for long.</summary>
    private static int SplitsOf(int volume, int rows, int depth, int columns) => (long)volume * depth < LongSum ? 1
        : (int)Math.Clamp(WantedBlocks / ((long)Ceiling(rows, 32) * Ceiling(columns, 32)), 1, MostRowSplits);

    /// <summary>The largest tile that leaves few columns of its last one unused and still gives every multiprocessor blocks.</summary>
    private static int TileFor(CudaDevice device, int rows, int columns)
    {
        int best = 0, enough = BlocksPerMultiprocessor * device.Driver.Properties.Multiprocessors;
        // Without tensor cores the arithmetic takes longer than the reading that larger tiles save.
        int tiles = device.Precision == Precision.Fp32 ? TilesInFp32 : s_tiles.Length;
        for (int i = 1; i < tiles; i++)
        {
            Tile tile = s_tiles[i];
            long unused = Padded(columns, tile.Columns), least = Padded(columns, 32);
            if (unused * 8 <= least * 9 && (long)Ceiling(rows, tile.Rows) * Ceiling(columns, tile.Columns) >= enough) best = i;
        }
        return best;
    }

    private static int Ceiling(int count, int size) => (int)(((long)count + size - 1) / size);

    private static long Ceiling(long count, long size) => (count + size - 1) / size;

    private static long Padded(long count, int size) => Ceiling(count, size) * size;

    private readonly record struct Tile(string Name, int Rows, int Columns, int Depth, int Threads);
}
