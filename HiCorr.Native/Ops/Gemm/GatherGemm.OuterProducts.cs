using System.Runtime.CompilerServices;
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
        (int tileGroups, int panelGroups) = byRows ? (1, 1) : Groups(EnoughBlocks / Math.Max(1, pairs.Length), xTiles, panels);
        int blocks = byRows ? Parts : pairs.Length * tileGroups * panelGroups;
        int tilesOfGroup = (xTiles + tileGroups - 1) / tileGroups, panelsOfGroup = (panels + panelGroups - 1) / panelGroups;
        using Tensor packed = device.Memory.Rent(blocks, PairsPerChunk * ((tilesOfGroup * OuterRows) + (panelsOfGroup * PanelWidth)));
        using Tensor partial = byRows ? device.Memory.RentZeros(Parts * weights.Rows, weights.Columns) : device.Memory.Rent(0, 0);
        fixed (RowPairs* lists = pairs)
        {
            var outer = new Outer
            {
                Pairs = lists, Lists = pairs.Length,
                X = x.Data, XStride = x.Stride, XColumns = x.Columns, XTiles = xTiles,
                Y = y.Data, YStride = y.Stride, YColumns = y.Columns, YRows = y.Rows, Panels = panels,
                Weights = byRows ? partial.Data : weights.Data, PartFloats = byRows ? (long)weights.Rows * weights.Columns : 0,
                Packed = packed.Data, PackedFloats = packed.Columns, PackedXFloats = (long)tilesOfGroup * PairsPerChunk * OuterRows,
                ByRows = byRows, TileGroups = tileGroups, PanelGroups = panelGroups,
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

    /// <summary>
    /// Cuts the weights of a kernel index into groups of x's tiles by groups of y's panels, about as many as wanted. Every group packs its columns of
    /// both sides, so of all cuts the one that packs least is taken.
    /// </summary>
    private static (int TileGroups, int PanelGroups) Groups(int wanted, int xTiles, int panels)
    {
        (int Tiles, int Panels) best = (1, 1);
        for (int tiles = 1; tiles <= Math.Min(wanted, (xTiles + 3) / 4); tiles++)
        {
            (int Tiles, int Panels) cut = (tiles, Math.Min(wanted / tiles, panels));
            int more = (cut.Tiles * cut.Panels) - (best.Tiles * best.Panels);
            if (more > 0 || (more == 0 && Packed(cut) < Packed(best))) best = cut;
        }
        return best;

        long Packed((int Tiles, int Panels) cut) => ((long)cut.Tiles * panels * PanelWidth) + ((long)cut.Panels * xTiles * OuterRows);
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
        public float* Packed; // a block's x as [tiles][192][8], then its y as [panels][192][32]
        public long PackedFloats, PackedXFloats;
        public bool ByRows;
        public int TileGroups, PanelGroups;
    }

    /// <summary>A part of the rows over all kernel indices, or one kernel index by a group of x's tiles and one of y's panels.</summary>
    private readonly struct OuterBlock<TTile>(Outer p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            float* packed = p.Packed + (index * p.PackedFloats);
            if (!p.ByRows)
            {
                int panelGroup = index % p.PanelGroups, group = index / p.PanelGroups % p.TileGroups, k = index / p.PanelGroups / p.TileGroups;
                Accumulate(k, 0, p.Pairs[k].Count, p.XTiles * group / p.TileGroups, p.XTiles * (group + 1) / p.TileGroups,
                    p.Panels * panelGroup / p.PanelGroups, p.Panels * (panelGroup + 1) / p.PanelGroups, p.Weights, packed);
                return;
            }
            float* weights = p.Weights + (index * p.PartFloats);
            int start = (int)((long)p.YRows * index / Parts), end = (int)((long)p.YRows * (index + 1) / Parts);
            for (int row = start; row < end; row += RowsPerPass)
            {
                for (int k = 0; k < p.Lists; k++)
                {
                    int first = p.Pairs[k].LowerBound(row), last = p.Pairs[k].LowerBound(Math.Min(row + RowsPerPass, end));
                    Accumulate(k, first, last, 0, p.XTiles, 0, p.Panels, weights, packed);
                }
            }
        }

        private void Accumulate(int k, int first, int end, int firstTile, int endTile, int firstPanel, int endPanel, float* weights, float* packedX)
        {
            float* packedY = packedX + p.PackedXFloats;
            float* result = weights + ((long)k * p.XColumns * p.YColumns);
            float* tile = stackalloc float[OuterRows * PanelWidth];
            for (int chunk = first; chunk < end; chunk += PairsPerChunk)
            {
                int count = Math.Min(PairsPerChunk, end - chunk);
                Pack(p.X + (firstTile * OuterRows), p.XStride, p.Pairs[k].From, chunk, count, endTile - firstTile, OuterRows, packedX);
                Pack(p.Y + (firstPanel * PanelWidth), p.YStride, p.Pairs[k].To, chunk, count, endPanel - firstPanel, PanelWidth, packedY);
                for (int panel = firstPanel; panel < endPanel; panel++)
                {
                    int column = panel * PanelWidth, width = Math.Min(PanelWidth, p.YColumns - column);
                    for (int t = firstTile; t < endTile; t++)
                    {
                        TTile.OuterProduct(packedX + ((t - firstTile) * PairsPerChunk * OuterRows), packedY + ((panel - firstPanel) * PairsPerChunk * PanelWidth), count, tile);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* values, float* to, int count)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(to + i) + Vector256.Load(values + i)).Store(to + i);
        for (; i < count; i++) to[i] += values[i];
    }
}
