using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Elementary;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Attention;

public static unsafe partial class Attention
{
    private const int BackwardQueries = PaddedTo, BackwardKeys = 96;

    /// <summary>Few heads are cut into parts by keys, each with a gradQ of its own, until there are so many pieces of work.</summary>
    private const int EnoughItems = 16;

    private static void BackwardCpu(CpuDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp,
        Tensor gradOutput, Tensor gradQ, Tensor gradK, Tensor gradV)
    {
        fixed (int* starts = segments.Starts)
        {
            var layout = new HeadLayout(starts, segments.Count, heads, q.Columns / heads);
            int pieces = segments.Count * heads, parts = pieces == 0 ? 1 : Math.Max(1, EnoughItems / pieces);
            using Tensor queriesByRows = PackByRows(device, layout, q), queriesByColumns = PackByColumns(device, layout, q);
            using Tensor gradsByRows = PackByRows(device, layout, gradOutput), gradsByColumns = PackByColumns(device, layout, gradOutput);
            using Tensor rowTerms = device.Memory.Rent(checked((int)layout.PackedRows), 2);
            using Tensor partial = device.Memory.RentZeros((parts - 1) * q.Rows, q.Columns);
            using Tensor scratch = device.Memory.Rent(Lanes, BackwardKeys * 3 * (BackwardQueries + layout.PaddedWidth));
            var problem = new BackwardProblem
            {
                Layout = layout, Parts = parts,
                K = k.Data, KStride = k.Stride, V = v.Data, VStride = v.Stride,
                QueriesByRows = queriesByRows.Data, QueriesByColumns = queriesByColumns.Data, GradsByRows = gradsByRows.Data, GradsByColumns = gradsByColumns.Data,
                LogSums = rowTerms.Data, Inner = rowTerms.Data + layout.PackedRows,
                GradQ = gradQ.Data, GradQStride = gradQ.Stride, Partial = partial.Data, PartialStride = partial.Stride, PartFloats = (long)q.Rows * q.Columns,
                GradK = gradK.Data, GradKStride = gradK.Stride, GradV = gradV.Data, GradVStride = gradV.Stride,
                Scratch = scratch.Data, ScratchFloats = scratch.Columns, Scale = 1 / MathF.Sqrt(layout.Width),
            };
            device.Threads.For(pieces, new RowTermsBlock(layout, output.Data, output.Stride, gradOutput.Data, gradOutput.Stride, logSumExp.Data, logSumExp.Stride,
                problem.LogSums, problem.Inner));
            switch (device.Simd)
            {
                case SimdPath.Vector512: device.Threads.For(Lanes, new BackwardLane<Vector512Tile>(problem)); break;
                case SimdPath.Vector256: device.Threads.For(Lanes, new BackwardLane<Vector256Tile>(problem)); break;
                default: device.Threads.For(Lanes, new BackwardLane<PortableTile>(problem)); break;
            }
            if (parts > 1) device.Threads.For(q.Rows, new AddPartsBlock(problem, q.Rows, q.Columns));
        }
    }

    private struct BackwardProblem
    {
        public HeadLayout Layout;
        public int Parts;
        public float* K, V; // (N, d)
        public int KStride, VStride;
        public float* QueriesByRows, QueriesByColumns, GradsByRows, GradsByColumns; // packed
        public float* LogSums; // packed rows: log2 Σ exp, infinity in the padding
        public float* Inner; // packed rows: ⟨g, output⟩
        public float* GradQ, Partial, GradK, GradV; // (N, d); Partial is gradQ of the parts after the first
        public int GradQStride, PartialStride, GradKStride, GradVStride;
        public long PartFloats;
        public float* Scratch;
        public long ScratchFloats;
        public float Scale;
    }

    /// <summary>What every key needs to know of a query besides its vectors.</summary>
    private readonly struct RowTermsBlock(HeadLayout layout, float* output, int outputStride, float* grad, int gradStride, float* logSumExp, int logStride,
        float* logSums, float* inner) : IParallelBlock
    {
        public void Execute(int index)
        {
            (int segment, int head) = (index / layout.Heads, index % layout.Heads);
            long packed = layout.Packed(segment, head);
            for (int i = 0; i < layout.PaddedRows(segment); i++)
            {
                // The weight of a query that is padding is 2^(0 - infinity) = 0.
                (logSums[packed + i], inner[packed + i]) = (float.PositiveInfinity, 0);
                if (i >= layout.Rows(segment)) continue;
                int row = layout.First(segment) + i;
                float* a = output + ((long)row * outputStride) + (head * layout.Width), b = grad + ((long)row * gradStride) + (head * layout.Width);
                double sum = 0;
                for (int c = 0; c < layout.Width; c++) sum += (double)a[c] * b[c];
                logSums[packed + i] = logSumExp[((long)head * logStride) + row] * Exponential.Log2E;
                inner[packed + i] = (float)sum;
            }
        }
    }

    /// <summary>Every 64th piece of work: some blocks of keys of a sequence, of a head, against all its queries.</summary>
    private readonly struct BackwardLane<TTile>(BackwardProblem p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            int item = 0;
            for (int segment = 0; segment < p.Layout.Segments; segment++)
                for (int head = 0; head < p.Layout.Heads; head++)
                    for (int part = 0; part < p.Parts; part++, item++)
                        if (item % Lanes == index) Differentiate(segment, head, part, p.Scratch + (index * p.ScratchFloats));
        }

        private void Differentiate(int segment, int head, int part, float* scratch)
        {
            int tokens = p.Layout.Rows(segment), first = p.Layout.First(segment), blocks = (tokens + BackwardKeys - 1) / BackwardKeys;
            int stride = part == 0 ? p.GradQStride : p.PartialStride;
            float* gradQ = (part == 0 ? p.GradQ : p.Partial + ((part - 1) * p.PartFloats)) + ((long)first * stride) + (head * p.Layout.Width);
            if (part == 0)
                for (int row = 0; row < tokens; row++) new Span<float>(gradQ + ((long)row * stride), p.Layout.Width).Clear();
            for (int block = blocks * part / p.Parts; block < blocks * (part + 1) / p.Parts; block++)
                DifferentiateKeys(segment, head, block * BackwardKeys, Math.Min(BackwardKeys, tokens - (block * BackwardKeys)), gradQ, stride, scratch);
        }

        /// <summary>A block of keys: its gradK and gradV, and its share of all gradQ. Blocks are transposed, (keys, queries).</summary>
        private void DifferentiateKeys(int segment, int head, int firstKey, int keys, float* gradQ, int gradQStride, float* weights)
        {
            int width = p.Layout.Width, padded = p.Layout.PaddedWidth, panels = p.Layout.Panels, tokens = p.Layout.Rows(segment);
            int row = p.Layout.First(segment) + firstKey;
            long packed = p.Layout.Packed(segment, head), columnPanel = (long)width * Panel, rowPanel = (long)p.Layout.PaddedRows(segment) * Panel;
            float* slopes = weights + (BackwardKeys * BackwardQueries), strips = slopes + (BackwardKeys * BackwardQueries);
            float* keyPanels = strips + (BackwardKeys * BackwardQueries), gradK = keyPanels + (BackwardKeys * padded), gradV = gradK + (BackwardKeys * padded);
            float* k = p.K + ((long)row * p.KStride) + (head * width), v = p.V + ((long)row * p.VStride) + (head * width);
            PackRows(k, p.KStride, keys, keys, BackwardKeys, width, keyPanels);
            new Span<float>(gradK, 2 * BackwardKeys * padded).Clear();
            for (int query = 0; query < tokens; query += BackwardQueries)
            {
                new Span<float>(weights, 2 * BackwardKeys * BackwardQueries).Clear();
                TileProduct<TTile>.MultiplyAdd(k, p.KStride, keys, p.QueriesByColumns + (packed * padded) + ((long)query * width), columnPanel,
                    BackwardQueries / Panel, width, weights, BackwardQueries);
                TileProduct<TTile>.MultiplyAdd(v, p.VStride, keys, p.GradsByColumns + (packed * padded) + ((long)query * width), columnPanel,
                    BackwardQueries / Panel, width, slopes, BackwardQueries);
                for (int r = 0; r < keys; r++)
                    Weigh(weights + (r * BackwardQueries), slopes + (r * BackwardQueries), strips + (r * GatherGemm.OuterRows), packed + query);
                TileProduct<TTile>.MultiplyAdd(weights, BackwardQueries, keys, p.GradsByRows + (packed * padded) + ((long)query * Panel), rowPanel, panels,
                    BackwardQueries, gradV, padded);
                TileProduct<TTile>.MultiplyAdd(slopes, BackwardQueries, keys, p.QueriesByRows + (packed * padded) + ((long)query * Panel), rowPanel, panels,
                    BackwardQueries, gradK, padded);
                AddToQueries(strips, keyPanels, keys, Math.Min(BackwardQueries, tokens - query), gradQ + ((long)query * gradQStride), gradQStride);
            }
            for (int r = 0; r < keys; r++)
            {
                new ReadOnlySpan<float>(gradK + (r * padded), width).CopyTo(new Span<float>(p.GradK + ((long)(row + r) * p.GradKStride) + (head * width), width));
                new ReadOnlySpan<float>(gradV + (r * padded), width).CopyTo(new Span<float>(p.GradV + ((long)(row + r) * p.GradVStride) + (head * width), width));
            }
        }

        /// <summary>
        /// A key's products with a block of queries become weights w and slopes w (⟨g, v⟩ - ⟨g, output⟩) / sqrt(width); the slopes go into
        /// strips [8 queries][keys][8] too, the shape in which an outer product takes them.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Weigh(float* weights, float* slopes, float* strips, long packed)
        {
            Vector256<float> scale = Vector256.Create(p.Scale), toPowers = Vector256.Create(p.Scale * Exponential.Log2E);
            float* logSums = p.LogSums + packed, inner = p.Inner + packed;
            for (int c = 0; c < BackwardQueries; c += 8, strips += BackwardKeys * GatherGemm.OuterRows)
            {
                Vector256<float> w = Exponential.PowerOf2(Vector256.MultiplyAddEstimate(Vector256.Load(weights + c), toPowers, -Vector256.Load(logSums + c)));
                Vector256<float> slope = w * scale * (Vector256.Load(slopes + c) - Vector256.Load(inner + c));
                w.Store(weights + c);
                slope.Store(slopes + c);
                slope.Store(strips);
            }
        }

        /// <summary>gradQ += slopes^T keys.</summary>
        private void AddToQueries(float* strips, float* keyPanels, int keys, int queries, float* gradQ, int stride)
        {
            float* tile = stackalloc float[GatherGemm.OuterRows * Panel];
            for (int panel = 0; panel < p.Layout.Panels; panel++)
            {
                int width = Math.Min(Panel, p.Layout.Width - (panel * Panel));
                for (int query = 0; query < queries; query += GatherGemm.OuterRows)
                {
                    TTile.OuterProduct(strips + (query * BackwardKeys), keyPanels + (panel * BackwardKeys * Panel), keys, tile);
                    for (int r = 0; r < Math.Min(GatherGemm.OuterRows, queries - query); r++)
                        GatherGemm.Add(tile + (r * Panel), gradQ + ((long)(query + r) * stride) + (panel * Panel), width);
                }
            }
        }
    }

    /// <summary>One row of gradQ: the parts after the first, one after the other.</summary>
    private readonly struct AddPartsBlock(BackwardProblem p, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int part = 1; part < p.Parts; part++)
                GatherGemm.Add(p.Partial + ((((long)(part - 1) * rows) + index) * p.PartialStride), p.GradQ + ((long)index * p.GradQStride), columns);
        }
    }
}
