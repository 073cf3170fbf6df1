using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Elementary;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Attention;

public static unsafe partial class Attention
{
    private const int ForwardQueries = 96, ForwardKeys = 256;

    private static void ForwardCpu(CpuDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp)
    {
        fixed (int* starts = segments.Starts)
        {
            var layout = new HeadLayout(starts, segments.Count, heads, q.Columns / heads);
            using Tensor keys = PackByColumns(device, layout, k), values = PackByRows(device, layout, v);
            using Tensor scratch = device.Memory.Rent(Lanes, ForwardQueries * (ForwardKeys + layout.PaddedWidth));
            var problem = new ForwardProblem
            {
                Layout = layout,
                Q = q.Data, QStride = q.Stride, Keys = keys.Data, Values = values.Data,
                Output = output.Data, OutputStride = output.Stride, LogSumExp = logSumExp.Data, LogStride = logSumExp.Stride,
                Scratch = scratch.Data, ScratchFloats = scratch.Columns, Scale = Exponential.Log2E / MathF.Sqrt(layout.Width),
            };
            switch (device.Simd)
            {
                case SimdPath.Vector512: device.Threads.For(Lanes, new ForwardLane<Vector512Tile>(problem)); break;
                case SimdPath.Vector256: device.Threads.For(Lanes, new ForwardLane<Vector256Tile>(problem)); break;
                default: device.Threads.For(Lanes, new ForwardLane<PortableTile>(problem)); break;
            }
        }
    }

    private struct ForwardProblem
    {
        public HeadLayout Layout;
        public float* Q; // (N, d)
        public int QStride;
        public float* Keys; // by columns
        public float* Values; // by rows
        public float* Output; // (N, d)
        public int OutputStride;
        public float* LogSumExp; // (H, N)
        public int LogStride;
        public float* Scratch;
        public long ScratchFloats;
        public float Scale; // of the products: scores in powers of two
    }

    /// <summary>Every 64th block of queries: of a sequence, of a head.</summary>
    private readonly struct ForwardLane<TTile>(ForwardProblem p) : IParallelBlock where TTile : IGemmTile
    {
        public void Execute(int index)
        {
            int item = 0;
            for (int segment = 0; segment < p.Layout.Segments; segment++)
                for (int head = 0; head < p.Layout.Heads; head++)
                    for (int first = 0; first < p.Layout.Rows(segment); first += ForwardQueries, item++)
                        if (item % Lanes == index) Attend(segment, head, first, p.Scratch + (index * p.ScratchFloats));
        }

        private void Attend(int segment, int head, int firstQuery, float* scores)
        {
            int width = p.Layout.Width, padded = p.Layout.PaddedWidth, tokens = p.Layout.Rows(segment), rows = Math.Min(ForwardQueries, tokens - firstQuery);
            int row = p.Layout.First(segment) + firstQuery;
            float* q = p.Q + ((long)row * p.QStride) + (head * width);
            float* packedKeys = p.Keys + (p.Layout.Packed(segment, head) * padded), packedValues = p.Values + (p.Layout.Packed(segment, head) * padded);
            float* sums = scores + (ForwardQueries * ForwardKeys); // (96, padded width)
            float* largest = stackalloc float[ForwardQueries];
            double* total = stackalloc double[ForwardQueries];
            new Span<float>(sums, ForwardQueries * padded).Clear();
            new Span<float>(largest, ForwardQueries).Fill(float.NegativeInfinity);
            new Span<double>(total, ForwardQueries).Clear();
            for (int firstKey = 0; firstKey < tokens; firstKey += ForwardKeys)
            {
                int keys = Math.Min(ForwardKeys, tokens - firstKey), panels = (keys + Panel - 1) / Panel;
                new Span<float>(scores, ForwardQueries * ForwardKeys).Clear();
                TileProduct<TTile>.MultiplyAdd(q, p.QStride, rows, packedKeys + ((long)firstKey * width), (long)width * Panel, panels, width, scores, ForwardKeys);
                for (int r = 0; r < rows; r++)
                    Normalise(scores + (r * ForwardKeys), keys, panels * Panel, largest + r, total + r, sums + (r * padded));
                TileProduct<TTile>.MultiplyAdd(scores, ForwardKeys, rows, packedValues + ((long)firstKey * Panel), (long)p.Layout.PaddedRows(segment) * Panel,
                    p.Layout.Panels, keys, sums, padded);
            }
            for (int r = 0; r < rows; r++)
            {
                float* from = sums + (r * padded), to = p.Output + ((long)(row + r) * p.OutputStride) + (head * width);
                float share = (float)(1 / total[r]);
                for (int c = 0; c < width; c++) to[c] = from[c] * share;
                p.LogSumExp[((long)head * p.LogStride) + row + r] = (float)((largest[r] + Math.Log2(total[r])) / Exponential.Log2E);
            }
        }

        /// <summary>
        /// One step of the online softmax (Milakov, Gimelshein 2018): scores become exponentials relative to the largest score so far, and what was
        /// summed before is scaled down to it.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Normalise(float* scores, int keys, int columns, float* largest, double* total, float* sums)
        {
            for (int c = keys; c < columns; c++) scores[c] = float.NegativeInfinity;
            Vector256<float> most = Vector256.Load(scores), others = Vector256.Load(scores + 8);
            for (int c = 16; c < columns; c += 16)
            {
                most = Vector256.MaxNative(most, Vector256.Load(scores + c));
                others = Vector256.MaxNative(others, Vector256.Load(scores + c + 8));
            }
            most = Vector256.MaxNative(most, others);
            Vector128<float> four = Vector128.MaxNative(most.GetLower(), most.GetUpper());
            Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
            float top = Math.Max(Math.Max(two[0], two[1]) * p.Scale, *largest);

            Vector256<float> scale = Vector256.Create(p.Scale), shift = Vector256.Create(-top), first = default, second = default;
            for (int c = 0; c < columns; c += 16)
            {
                Vector256<float> low = Exponential.PowerOf2(Vector256.MultiplyAddEstimate(Vector256.Load(scores + c), scale, shift));
                Vector256<float> high = Exponential.PowerOf2(Vector256.MultiplyAddEstimate(Vector256.Load(scores + c + 8), scale, shift));
                low.Store(scores + c);
                high.Store(scores + c + 8);
                first += low;
                second += high;
            }
            double sum = Vector256.Sum(first + second);
            if (top > *largest)
            {
                Vector256<float> shrink = Exponential.PowerOf2(Vector256.Create(*largest - top));
                for (int c = 0; c < p.Layout.PaddedWidth; c += 8) (Vector256.Load(sums + c) * shrink).Store(sums + c);
                *total *= shrink.ToScalar();
                *largest = top;
            }
            *total += sum;
        }
    }
}
