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
    private const int WantedOuterBlocks = 1024;
    private const int LeastRowsPerSplit = 256;
    private const int MostSplits = 256;
    private const long MostPartBytes = 256L << 20;
    private const int ThreadsPerBlock = 256;
    private const int ValuesPerBlock = 32;

    // Kept equal to row_products.cuh.
    private static readonly Tile[] s_tiles =
    [
        new("32x32", 32, 32, 32, 128), new("64x32", 64, 32, 32, 128), new("64x64", 64, 64, 32, 128), new("128x96", 128, 96, 16, 256), new("128x128", 128, 128, 16, 256),
    ];

    private readonly string _source;
    private readonly string[,] _rows = new string[s_tiles.Length, Enum.GetValues<Precision>().Length];
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
            for (int tile = 0; tile < s_tiles.Length; tile++) _rows[tile, (int)precision] = $"{source}_rows_{s_tiles[tile].Name}_{ending}";
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
    /// <param name="bias">(1, columns), or null.</param>
    /// <param name="residual">(rows, columns), or null; the target itself to add to it.</param>
    public void Multiply(CudaDevice device, Tensor source, Tensor weights, bool transposed, Tensor target, int volume = 1, NeighbourTable? table = null,
        Tensor? bias = null, Tensor? residual = null)
    {
        if (target.Rows == 0 || target.Columns == 0) return;
        int index = TileFor(device, target.Rows, target.Columns);
        Tile tile = s_tiles[index];
        int depth = source.Columns, columns = target.Columns;
        int columnTiles = Ceiling(columns, tile.Columns);
        long factors = (long)volume * Ceiling(depth, tile.Depth) * tile.Depth * columnTiles * tile.Columns;
        long words = device.Precision is Precision.Bf16 or Precision.Fp16 ? factors / 2 : factors;
        using Tensor packed = device.Memory.Rent(checked((int)(words / ValuesPerBlock)), ValuesPerBlock);

        KernelArguments packing = default;
        packing.Add(weights.Data).Add((transposed ? columns : depth) * (long)weights.Stride).Add(transposed ? 1L : weights.Stride).Add(transposed ? weights.Stride : 1L)
            .Add((long)depth).Add((long)columns).Add((long)tile.Depth).Add((long)tile.Columns).Add(packed.Data).Add(words);
        device.Launch(_source, _pack[(int)device.Precision], new LaunchShape(device.BlocksFor(words, ThreadsPerBlock), ThreadsPerBlock), ref packing);

        KernelArguments product = default;
        product.Add(source.Data).Add((long)source.Stride).Add(packed.Data).Add(target.Data).Add((long)target.Stride).Add(bias is null ? null : bias.Data)
            .Add(residual is null ? null : residual.Data).Add((long)(residual?.Stride ?? 0)).Add((long)target.Rows).Add((long)depth).Add((long)columns);
        if (table is { } neighbours) product.Add(neighbours.Entries).Add((long)volume).Add(neighbours.Mirrored ? 1L : 0L);
        device.Launch(_source, _rows[index, (int)device.Precision], new LaunchShape(checked(Ceiling(target.Rows, tile.Rows) * columnTiles), tile.Threads), ref product);
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
        long splits = Math.Min(Math.Min(Ceiling(WantedOuterBlocks, tiles), MostSplits), Math.Max(1, MostPartBytes / (size * sizeof(float))));
        long rowsPerSplit = Math.Max(LeastRowsPerSplit, Padded(Ceiling(rows, splits), 32));
        splits = Ceiling(rows, rowsPerSplit);
        using Tensor parts = device.Memory.Rent(checked((int)(splits * volume)), checked(x.Columns * y.Columns));

        KernelArguments product = default;
        product.Add(x.Data).Add((long)x.Stride).Add(y.Data).Add((long)y.Stride).Add(parts.Data).Add((long)x.Columns).Add((long)y.Columns).Add((long)volume)
            .Add(splits).Add((long)rows).Add(rowsPerSplit);
        if (table is { } neighbours) product.Add(neighbours.Entries).Add(swapped ? 1L : 0L);
        device.Launch(_source, (small ? _outer32 : _outer64)[(int)device.Precision], new LaunchShape(checked((int)(tiles * splits)), 128), ref product);

        KernelArguments sum = default;
        sum.Add(parts.Data).Add(splits).Add(weights.Data).Add((long)weights.Stride).Add((long)weights.Rows).Add((long)weights.Columns);
        device.Launch(_source, _addParts, new LaunchShape((int)Ceiling(size, ValuesPerBlock), ThreadsPerBlock), ref sum);
    }

    /// <summary>The largest tile that leaves few columns of its last one unused and still gives every multiprocessor blocks.</summary>
    private static int TileFor(CudaDevice device, int rows, int columns)
    {
        int best = 0, enough = BlocksPerMultiprocessor * device.Driver.Properties.Multiprocessors;
        for (int i = 1; i < s_tiles.Length; i++)
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
