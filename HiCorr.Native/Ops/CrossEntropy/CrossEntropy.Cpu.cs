using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.CrossEntropy;

public static unsafe partial class CrossEntropy
{
    private const int RowsPerBlock = 256;

    private static double AgainstTextCpu(CpuDevice device, Tensor features, Tensor text, Tensor? bias, RowLabels pairs, Tensor? gradFeatures, float weight)
    {
        using Tensor padded = PadToPanels(device, text);
        using Tensor logits = device.Memory.Rent(features.Rows, padded.Rows);
        MultiplyByText(device, features, padded, logits);
        double loss = OfLogitsCpu(device, logits.Slice(0, text.Rows), bias, pairs, gradFeatures is null ? null : logits.Slice(0, text.Rows), weight);
        if (gradFeatures is not null)
        {
            using PackedMatrix packed = PackedMatrix.Pack(device, padded, 1, transposed: false);
            GatherGemm.Multiply(device, [RowPairs.Identity(features.Rows)], logits, packed, gradFeatures, keep: false);
        }
        return loss;
    }

    private static void LogitsCpu(CpuDevice device, Tensor features, Tensor text, Tensor? bias, Tensor logits)
    {
        using Tensor padded = PadToPanels(device, text);
        using Tensor wide = device.Memory.Rent(features.Rows, padded.Rows);
        MultiplyByText(device, features, padded, wide);
        for (int row = 0; row < logits.Rows; row++)
        {
            Span<float> to = logits.Row(row);
            wide.Row(row)[..to.Length].CopyTo(to);
            if (bias is null) continue;
            for (int c = 0; c < to.Length; c++) to[c] += bias.Data[c];
        }
    }

    private static double OfLogitsCpu(CpuDevice device, Tensor logits, RowLabels pairs, Tensor? gradLogits, float weight) =>
        OfLogitsCpu(device, logits, null, pairs, gradLogits, weight);

    private static double OfLogitsCpu(CpuDevice device, Tensor logits, Tensor? bias, RowLabels pairs, Tensor? gradLogits, float weight)
    {
        int blocks = (logits.Rows + RowsPerBlock - 1) / RowsPerBlock;
        using Tensor losses = device.Memory.RentZeros(blocks, 2); // one double a block
        double share = pairs.Count == 0 ? 0 : 1.0 / pairs.Count;
        fixed (int* starts = pairs.Starts, labels = pairs.Labels)
        {
            device.Threads.For(blocks, new SoftmaxBlock(logits.Data, logits.Stride, bias is null ? null : bias.Data, starts, labels,
                gradLogits is null ? null : gradLogits.Data, gradLogits?.Stride ?? 0, logits.Rows, logits.Columns, share * weight, (double*)losses.Data));
        }
        double loss = 0;
        for (int block = 0; block < blocks; block++) loss += ((double*)losses.Data)[block];
        return loss * share;
    }

    private static void MultiplyByText(CpuDevice device, Tensor features, Tensor padded, Tensor logits)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, padded, 1, transposed: true);
        GatherGemm.Multiply(device, [RowPairs.Identity(features.Rows)], features, packed, logits, keep: false);
    }

    /// <summary>Classes are few and seldom a multiple of the panel width; rows of zeros cost less than the slow last panel.</summary>
    private static Tensor PadToPanels(CpuDevice device, Tensor text)
    {
        int classes = (text.Rows + GatherGemm.PanelWidth - 1) / GatherGemm.PanelWidth * GatherGemm.PanelWidth;
        Tensor padded = device.Memory.RentZeros(classes, text.Columns);
        for (int row = 0; row < text.Rows; row++) text.Row(row).CopyTo(padded.Row(row));
        return padded;
    }

    private readonly struct SoftmaxBlock(float* logits, int stride, float* bias, int* starts, int* labels, float* grad, int gradStride, int rows,
        int classes, double share, double* losses) : IParallelBlock
    {
        public void Execute(int index)
        {
            double loss = 0;
            int padded = (classes + 3) / 4 * 4;
            double* h = stackalloc double[2 * padded], e = h + padded;
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* g = grad is null ? null : grad + ((long)row * gradStride);
                int pairs = starts[row + 1] - starts[row];
                if (pairs == 0)
                {
                    if (g is not null) new Span<float>(g, classes).Clear();
                    continue;
                }
                double largest = double.NegativeInfinity, sum = 0;
                for (int c = 0; c < classes; c++)
                {
                    h[c] = logits[((long)row * stride) + c] + (bias is null ? 0.0 : bias[c]);
                    largest = Math.Max(largest, h[c]);
                }
                for (int c = classes; c < padded; c++) h[c] = largest;
                for (int c = 0; c < padded; c += 4) Vector256.Exp(Vector256.Load(h + c) - Vector256.Create(largest)).Store(e + c);
                for (int c = 0; c < classes; c++) sum += e[c];
                double logSum = largest + Math.Log(sum);
                for (int i = starts[row]; i < starts[row + 1]; i++) loss += logSum - h[labels[i]];
                if (g is null) continue;
                double scale = share * pairs / sum;
                for (int c = 0; c < classes; c++) g[c] = (float)(e[c] * scale);
                if (pairs == 1)
                {
                    g[labels[starts[row]]] = (float)((e[labels[starts[row]]] * scale) - share);
                    continue;
                }
                for (int c = 0; c < classes; c++)
                {
                    int hits = 0;
                    for (int i = starts[row]; i < starts[row + 1]; i++) hits += labels[i] == c ? 1 : 0;
                    if (hits > 0) g[c] = (float)((e[c] * scale) - (share * hits));
                }
            }
            losses[index] = loss;
        }
    }
}
