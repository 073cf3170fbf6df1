using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Gemm;

internal static unsafe partial class GatherGemm
{
    public const int OuterRows = 8;
    private const int PairsPerChunk = 192;
    private const int RowsPerPass = 288;
    private const int ManyPairs = 16 * 1024;
    private const int Parts = 16;

    /// <summary>weights_k += x[from]^T y[to]; the weights [pairs.Length * x.Columns, y.Columns] lie below each other.</summary>
    /// <remarks>
    /// Many pairs are cut into parts by rows of y, each with weights of its own that are added up in order at the end: a part passes over all
    /// kernel indices for a few hundred rows at a time, which therefore come from the cache, not from memory. Few pairs are cut by kernel index.
    /// </remarks>
    public static void OuterProducts(CpuDevice device, ReadOnlySpan<RowPairs> pairs, Tensor x, Tensor y, Tensor weights)
    {
        if (weights.Rows != pairs.Length * x.Columns || weights.Columns != y.Columns || !weights.IsContiguous)
            throw new ArgumentException($"weights are {weights.Rows} x {weights.Columns}, not {pairs.Length} times {x.Columns} x {y.Columns}");
        int largest = 0;
        foreach (RowPairs list in pairs) largest = Math.Max(largest, list.Count);
        int xTiles = (x.Columns + OuterRows - 1) / OuterRows, panels = (y.Columns + PanelWidth - 1) / PanelWidth;
        bool byRows = largest >= ManyPairs;
        int tileGroups = byRows ? 1 : Math.Clamp(EnoughBlocks / pairs.Length, 1, (xTiles + 3) / 4);
        int blocks = byRows ? Parts : pairs.Length * tileGroups;
        using Tensor packed = device.Memory.Rent(blocks, PairsPerChunk * ((xTiles * OuterRows) + (panels * PanelWidth)));
        using Tensor partial = byRows ? device.Memory.RentZeros(Parts * weights.Rows, weights.Columns) : device.Memory.Rent(0, 0);
        fixed (RowPairs* lists = pairs)
        {
            var outer = new Outer
            {
                Pairs = lists, Lists = pairs.Length,
                X = x.Data, XStride = x.Stride, XColumns = x.Columns, XTiles = xTiles,
                Y = y.Data, YStride = y.Stride, YColumns = y.Columns, YRows = y.Rows, Panels = panels,
                Weights = byRows ? partial.Data : weights.Data, PartFloats = byRows ? (long)weights.Rows * weights.Columns : 0,
                Packed = packed.Data, PackedFloats = packed.Columns, ByRows = byRows, TileGroups = tileGroups,
            };
            switch (device.Simd)
            {
                case SimdPath.Vector512: device.Threads.For(blocks, new OuterBlock<Vector512Tile>(outer)); break;
                case SimdPath.Vector256: device.Threads.For(blocks, new OuterBlock<Vector256Tile>(outer)); break;
                default: device.Threads.For(blocks, new OuterBlock<PortableTile>(outer)); break;
            }
        }
        if (byRows) device.Threads.For(weights.Rows, new AddParts(partial.Data, weights.Data, weights.Rows, weights.Columns));
    }

    private struct Outer
    {
        public RowPairs* Pairs;
        public int Lists;
        public float* X; // (rows, XColumns)
        public int XStride, XColumns, XTiles;
        public float* Y; // (YRows, YColumns)
        public int YStride, YColumns, YRows, Panels;
        public float* Weights; // [part][Lists][XColumns][YColumns]
        public long PartFloats;
        public float* Packed; // a block's x as [XTiles][192][8], then its y as [Panels][192][32]
        public long PackedFloats;
        public bool ByRows;
        public int TileGroups;
    }

    /// <summary>A part of the rows over all kernel indices, or one kernel index by a group of x's tiles.</summary>
    private readonly struct OuterBlock<TTile>(Outer p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            float* packed = p.Packed + (index * p.PackedFloats);
            if (!p.ByRows)
            {
                int k = index / p.TileGroups, group = index % p.TileGroups;
                Accumulate(k, 0, p.Pairs[k].Count, p.XTiles * group / p.TileGroups, p.XTiles * (group + 1) / p.TileGroups, p.Weights, packed);
                return;
            }
            float* weights = p.Weights + (index * p.PartFloats);
            int start = (int)((long)p.YRows * index / Parts), end = (int)((long)p.YRows * (index + 1) / Parts);
            for (int row = start; row < end; row += RowsPerPass)
            {
                for (int k = 0; k < p.Lists; k++)
                {
                    int first = p.Pairs[k].LowerBound(row), last = p.Pairs[k].LowerBound(Math.Min(row + RowsPerPass, end));
                    Accumulate(k, first, last, 0, p.XTiles, weights, packed);
                }
            }
        }

        private void Accumulate(int k, int first, int end, int firstTile, int endTile, float* weights, float* packedX)
        {
            float* packedY = packedX + (p.XTiles * PairsPerChunk * OuterRows);
            float* result = weights + ((long)k * p.XColumns * p.YColumns);
            float* tile = stackalloc float[OuterRows * PanelWidth];
            for (int chunk = first; chunk < end; chunk += PairsPerChunk)
            {
                int count = Math.Min(PairsPerChunk, end - chunk);
                Pack(p.X + (firstTile * OuterRows), p.XStride, p.Pairs[k].From, chunk, count, endTile - firstTile, OuterRows, packedX);
                Pack(p.Y, p.YStride, p.Pairs[k].To, chunk, count, p.Panels, PanelWidth, packedY);
                for (int panel = 0; panel < p.Panels; panel++)
                {
                    int column = panel * PanelWidth, width = Math.Min(PanelWidth, p.YColumns - column);
                    for (int t = firstTile; t < endTile; t++)
                    {
                        TTile.OuterProduct(packedX + ((t - firstTile) * PairsPerChunk * OuterRows), packedY + (panel * PairsPerChunk * PanelWidth), count, tile);
                        int rows = Math.Min(OuterRows, p.XColumns - (t * OuterRows));
                        for (int r = 0; r < rows; r++)
                            Add(tile + (r * PanelWidth), result + (((long)(t * OuterRows) + r) * p.YColumns) + column, width);
                    }
                }
            }
        }

        /// <summary>
        /// Copies the chosen rows into strips of <paramref name="width"/> columns, [strip][192][width]. It reads up to a strip past a row's end,
        /// which the pool allows; what comes of it is never stored.
        /// </summary>
        private static void Pack(float* rows, int stride, int* chosen, int first, int count, int strips, int width, float* packed)
        {
            for (int i = 0; i < count; i++)
            {
                float* from = rows + ((long)(chosen is null ? first + i : chosen[first + i]) * stride);
                float* to = packed + (i * width);
                for (int strip = 0; strip < strips; strip++, from += width, to += PairsPerChunk * width)
                    for (int c = 0; c < width; c += 8) Vector256.Load(from + c).Store(to + c);
            }
        }
    }

    /// <summary>One row of the weights: the parts, one after the other.</summary>
    private readonly struct AddParts(float* parts, float* weights, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int part = 0; part < Parts; part++)
                Add(parts + ((((long)part * rows) + index) * columns), weights + ((long)index * columns), columns);
        }
    }

    /// <summary>to[i] += values[i].</summary>
    public static void Add(float* values, float* to, int count)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(to + i) + Vector256.Load(values + i)).Store(to + i);
        for (; i < count; i++) to[i] += values[i];
    }
}
