using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>
/// The two products that every convolution and linear layer is made of, over lists of row pairs (from, to):
///   Multiply:       target[to]  += source[from] @ B_k               for all k and pairs of k
///   OuterProducts:  weights_k   += x[from]^T y[to]                  for all k, summed over the pairs of k
/// Rows are read through pointers and never copied; only B is packed. Every target row is summed in the order of k, every weight over its
/// pairs in order, whatever thread does it: the bits depend on the instruction set alone.
/// </summary>
internal static unsafe class GatherGemm
{
    public const int PanelWidth = 32;
    public const int OuterRows = 8;
    private const int PairsPerChunk = 128;
    private const int FloatsPerBlock = 128 * 1024;
    private const int EnoughBlocks = 32;

    /// <summary>target[to] += source[from] @ B_k; what target holds before is kept.</summary>
    public static void Multiply(CpuDevice device, ReadOnlySpan<RowPairs> pairs, Tensor source, PackedMatrix matrices, Tensor target)
    {
        if (source.Columns != matrices.Depth || target.Columns != matrices.Columns || pairs.Length != matrices.Matrices)
            throw new ArgumentException($"source has {source.Columns} columns and target {target.Columns}, the matrices are " +
                $"{matrices.Matrices} of {matrices.Depth} x {matrices.Columns}, there are {pairs.Length} pair lists");
        // A block's source and target rows stay in the second-level cache; few rows are cut by panels instead, to feed all threads.
        int rowsPerBlock = Math.Clamp(FloatsPerBlock / (source.Columns + target.Columns), 64, 1024);
        int rowBlocks = (target.Rows + rowsPerBlock - 1) / rowsPerBlock;
        int panelGroups = rowBlocks >= EnoughBlocks || rowBlocks == 0 ? 1
            : Math.Min(matrices.Panels, (EnoughBlocks + rowBlocks - 1) / rowBlocks);
        fixed (RowPairs* lists = pairs)
        {
            var product = new Product
            {
                Pairs = lists, Lists = pairs.Length,
                Source = source.Data, SourceStride = source.Stride,
                Matrices = matrices.Data, Depth = matrices.Depth, Columns = matrices.Columns, Panels = matrices.Panels,
                Target = target.Data, TargetStride = target.Stride, TargetRows = target.Rows,
                RowsPerBlock = rowsPerBlock, PanelGroups = panelGroups,
            };
            int blocks = rowBlocks * panelGroups;
            switch (device.Simd)
            {
                case SimdPath.Vector512: device.Threads.For(blocks, new MultiplyBlock<Vector512Tile>(product)); break;
                case SimdPath.Vector256: device.Threads.For(blocks, new MultiplyBlock<Vector256Tile>(product)); break;
                default: device.Threads.For(blocks, new MultiplyBlock<PortableTile>(product)); break;
            }
        }
    }

    /// <summary>weights_k += x[from]^T y[to]; the weights [pairs.Length * x.Columns, y.Columns] lie below each other.</summary>
    public static void OuterProducts(CpuDevice device, ReadOnlySpan<RowPairs> pairs, Tensor x, Tensor y, Tensor weights)
    {
        if (weights.Rows != pairs.Length * x.Columns || weights.Columns != y.Columns)
            throw new ArgumentException($"weights are {weights.Rows} x {weights.Columns}, not {pairs.Length} times {x.Columns} x {y.Columns}");
        int rowGroups = (x.Columns + PanelWidth - 1) / PanelWidth;
        fixed (RowPairs* lists = pairs)
        {
            int panels = (y.Columns + PanelWidth - 1) / PanelWidth;
            // One list (a 1x1 convolution) is cut by panels too, to feed all threads.
            int panelGroups = pairs.Length * rowGroups >= EnoughBlocks ? 1 : panels;
            var outer = new Outer
            {
                Pairs = lists,
                X = x.Data, XStride = x.Stride, XColumns = x.Columns,
                Y = y.Data, YStride = y.Stride, YColumns = y.Columns,
                Weights = weights.Data, WeightStride = weights.Stride,
                RowGroups = rowGroups, Panels = panels, PanelGroups = panelGroups,
            };
            int blocks = pairs.Length * rowGroups * panelGroups;
            switch (device.Simd)
            {
                case SimdPath.Vector512: device.Threads.For(blocks, new OuterBlock<Vector512Tile>(outer)); break;
                case SimdPath.Vector256: device.Threads.For(blocks, new OuterBlock<Vector256Tile>(outer)); break;
                default: device.Threads.For(blocks, new OuterBlock<PortableTile>(outer)); break;
            }
        }
    }

    private struct Product
    {
        public RowPairs* Pairs;
        public int Lists;
        public float* Source; // (rows, Depth)
        public int SourceStride;
        public float* Matrices; // [Lists][Panels][Depth][32]
        public int Depth, Columns, Panels;
        public float* Target; // (TargetRows, Columns)
        public int TargetStride, TargetRows;
        public int RowsPerBlock, PanelGroups;
    }

    private struct Outer
    {
        public RowPairs* Pairs;
        public float* X; // (rows, XColumns)
        public int XStride, XColumns;
        public float* Y; // (rows, YColumns)
        public int YStride, YColumns;
        public float* Weights; // (lists * XColumns, YColumns)
        public int WeightStride;
        public int RowGroups, Panels, PanelGroups;
    }

    /// <summary>A block of target rows by a group of panels.</summary>
    private readonly struct MultiplyBlock<TTile>(Product p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            int firstRow = index / p.PanelGroups * p.RowsPerBlock, endRow = Math.Min(firstRow + p.RowsPerBlock, p.TargetRows);
            int group = index % p.PanelGroups;
            int firstPanel = p.Panels * group / p.PanelGroups, endPanel = p.Panels * (group + 1) / p.PanelGroups;
            for (int k = 0; k < p.Lists; k++)
            {
                RowPairs pairs = p.Pairs[k];
                int first = pairs.LowerBound(firstRow), count = pairs.LowerBound(endRow) - first;
                if (count == 0) continue;
                for (int panel = firstPanel; panel < endPanel; panel++) MultiplyPanel(pairs, first, count, k, panel);
            }
        }

        private void MultiplyPanel(RowPairs pairs, int first, int count, int k, int panel)
        {
            float** a = stackalloc float*[TTile.Rows];
            float** c = stackalloc float*[TTile.Rows];
            float* b = p.Matrices + ((((long)k * p.Panels) + panel) * p.Depth * PanelWidth);
            int column = panel * PanelWidth, width = Math.Min(PanelWidth, p.Columns - column);
            if (width < PanelWidth)
            {
                MultiplyNarrow(pairs, first, count, b, column, width, a, c);
                return;
            }
            int done = 0;
            for (; done + TTile.Rows <= count; done += TTile.Rows)
            {
                for (int r = 0; r < TTile.Rows; r++) Point(pairs, first + done + r, column, a + r, c + r);
                TTile.MultiplyAdd(a, c, b, p.Depth);
            }
            float* spare = stackalloc float[PanelWidth];
            for (; done < count; done += TTile.TailRows)
            {
                for (int r = 0; r < TTile.TailRows; r++)
                {
                    // Rows past the end repeat the last one and write to a spare row.
                    Point(pairs, Math.Min(first + done + r, first + count - 1), column, a + r, c + r);
                    if (done + r >= count) c[r] = spare;
                }
                TTile.MultiplyAddTail(a, c, b, p.Depth);
            }
        }

        /// <summary>The last panel of a matrix whose columns are no multiple of 32 goes through a tile of its own.</summary>
        private void MultiplyNarrow(RowPairs pairs, int first, int count, float* b, int column, int width, float** a, float** c)
        {
            float* tile = stackalloc float[TTile.TailRows * PanelWidth];
            float** target = stackalloc float*[TTile.TailRows];
            for (int done = 0; done < count; done += TTile.TailRows)
            {
                int rows = Math.Min(TTile.TailRows, count - done);
                for (int r = 0; r < TTile.TailRows; r++)
                {
                    Point(pairs, first + done + Math.Min(r, rows - 1), column, a + r, c + r);
                    new ReadOnlySpan<float>(c[r], width).CopyTo(new Span<float>(tile + (r * PanelWidth), width));
                }
                for (int r = 0; r < TTile.TailRows; r++)
                {
                    target[r] = c[r];
                    c[r] = tile + (r * PanelWidth);
                }
                TTile.MultiplyAddTail(a, c, b, p.Depth);
                for (int r = 0; r < rows; r++) new ReadOnlySpan<float>(c[r], width).CopyTo(new Span<float>(target[r], width));
            }
        }

        private void Point(RowPairs pairs, int index, int column, float** a, float** c)
        {
            *a = p.Source + ((long)(pairs.From is null ? index : pairs.From[index]) * p.SourceStride);
            *c = p.Target + ((long)(pairs.To is null ? index : pairs.To[index]) * p.TargetStride) + column;
        }
    }

    /// <summary>One kernel index by 32 rows of its weights by a group of panels.</summary>
    private readonly struct OuterBlock<TTile>(Outer p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            int panelGroup = index % p.PanelGroups, rowGroup = index / p.PanelGroups % p.RowGroups, k = index / p.PanelGroups / p.RowGroups;
            int firstPanel = p.Panels * panelGroup / p.PanelGroups, endPanel = p.Panels * (panelGroup + 1) / p.PanelGroups;
            int firstRow = rowGroup * PanelWidth, endRow = Math.Min(firstRow + PanelWidth, p.XColumns);
            float* weights = p.Weights + ((long)k * p.XColumns * p.WeightStride);
            RowPairs pairs = p.Pairs[k];
            float* tile = stackalloc float[OuterRows * PanelWidth];
            // Chunks keep the rows of x and y in the first-level cache while all tiles pass over them, and make the sum a pairwise one.
            for (int first = 0; first < pairs.Count; first += PairsPerChunk)
            {
                int count = Math.Min(PairsPerChunk, pairs.Count - first);
                int* from = pairs.From is null ? null : pairs.From + first;
                int* to = pairs.To is null ? null : pairs.To + first;
                for (int panel = firstPanel; panel < endPanel; panel++)
                {
                    int column = panel * PanelWidth, width = Math.Min(PanelWidth, p.YColumns - column);
                    for (int row = firstRow; row < endRow; row += OuterRows)
                    {
                        TTile.OuterProduct(p.X + row, p.XStride, from, p.Y + column, p.YStride, to, first, count, tile);
                        int rows = Math.Min(OuterRows, endRow - row);
                        for (int r = 0; r < rows; r++)
                            Add(tile + (r * PanelWidth), weights + ((long)(row + r) * p.WeightStride) + column, width);
                    }
                }
            }
        }

        private static void Add(float* values, float* to, int count)
        {
            for (int i = 0; i < count; i++) to[i] += values[i];
        }
    }
}
