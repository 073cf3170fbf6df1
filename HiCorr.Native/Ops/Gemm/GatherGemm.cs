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
internal static unsafe partial class GatherGemm
{
    public const int PanelWidth = 32;
    private const int FloatsPerBlock = 128 * 1024;
    private const int EnoughBlocks = 32;

    /// <summary>target[to] += source[from] @ B_k.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="pairs">A list for every matrix.</param>
    /// <param name="source">(rows, depth).</param>
    /// <param name="matrices">B.</param>
    /// <param name="target">(rows, columns).</param>
    /// <param name="keep">Whether to add to what target holds; else every row starts from <paramref name="bias"/>, or zero.</param>
    /// <param name="bias">(1, columns), or null.</param>
    /// <param name="residual">(rows, columns) that every row starts from besides the bias, or null; not with <paramref name="keep"/>.</param>
    public static void Multiply(CpuDevice device, ReadOnlySpan<RowPairs> pairs, Tensor source, PackedMatrix matrices, Tensor target, bool keep,
        Tensor? bias = null, Tensor? residual = null)
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
                Keep = keep, Bias = bias is null ? null : bias.Data,
                Residual = residual is null ? null : residual.Data, ResidualStride = residual?.Stride ?? 0,
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
        public bool Keep;
        public float* Bias; // (1, Columns) or null
        public float* Residual; // (TargetRows, Columns) or null
        public int ResidualStride;
    }

    /// <summary>A block of target rows by a group of panels.</summary>
    private readonly struct MultiplyBlock<TTile>(Product p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            int firstRow = index / p.PanelGroups * p.RowsPerBlock, endRow = Math.Min(firstRow + p.RowsPerBlock, p.TargetRows);
            int group = index % p.PanelGroups;
            int firstPanel = p.Panels * group / p.PanelGroups, endPanel = p.Panels * (group + 1) / p.PanelGroups;
            if (!p.Keep) Start(firstRow, endRow, firstPanel * PanelWidth, Math.Min(endPanel * PanelWidth, p.Columns));
            for (int k = 0; k < p.Lists; k++)
            {
                RowPairs pairs = p.Pairs[k];
                int first = pairs.LowerBound(firstRow), count = pairs.LowerBound(endRow) - first;
                if (count == 0) continue;
                for (int panel = firstPanel; panel < endPanel; panel++) MultiplyPanel(pairs, first, count, k, panel);
            }
        }

        /// <summary>Sets the block's part of the target, which brings it into the cache for what follows.</summary>
        private void Start(int firstRow, int endRow, int firstColumn, int endColumn)
        {
            for (int row = firstRow; row < endRow; row++)
            {
                var part = new Span<float>(p.Target + ((long)row * p.TargetStride) + firstColumn, endColumn - firstColumn);
                if (p.Bias is null) part.Clear();
                else new ReadOnlySpan<float>(p.Bias + firstColumn, part.Length).CopyTo(part);
                if (p.Residual is not null) Add(p.Residual + ((long)row * p.ResidualStride) + firstColumn, p.Target + ((long)row * p.TargetStride) + firstColumn, part.Length);
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
}
