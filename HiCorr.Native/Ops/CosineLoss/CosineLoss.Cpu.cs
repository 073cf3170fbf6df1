using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.CosineLoss;

public static unsafe partial class CosineLoss
{
    private const int RowsPerBlock = 256;

    private static double MeanCpu(CpuDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, float weight) =>
        a.Rows == 0 ? 0 : SumCpu(device, a, b, gradA, gradB, [], (double)weight / a.Rows) / a.Rows;

    /// <summary>Σ_m w_m (1 - cos_m), every w_m 1 where there are none; the gradients are multiplied by the share.</summary>
    private static double SumCpu(CpuDevice device, Tensor a, Tensor b, Tensor? gradA, Tensor? gradB, ReadOnlySpan<float> rowWeights, double share)
    {
        int blocks = (a.Rows + RowsPerBlock - 1) / RowsPerBlock;
        using Tensor losses = device.Memory.RentZeros(blocks, 2); // one double a block
        fixed (float* weights = rowWeights)
        {
            device.Threads.For(blocks, new RowsBlock(a.Data, a.Stride, b.Data, b.Stride, gradA is null ? null : gradA.Data, gradA?.Stride ?? 0,
                gradB is null ? null : gradB.Data, gradB?.Stride ?? 0, weights, a.Rows, a.Columns, share, (double*)losses.Data));
        }
        double loss = 0;
        for (int block = 0; block < blocks; block++) loss += ((double*)losses.Data)[block];
        return loss;
    }

    private readonly struct RowsBlock(float* a, int aStride, float* b, int bStride, float* gradA, int gradAStride, float* gradB, int gradBStride, float* weights,
        int rows, int columns, double share, double* losses) : IParallelBlock
    {
        public void Execute(int index)
        {
            double loss = 0;
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* x = a + ((long)row * aStride), y = b + ((long)row * bStride);
                double xx = Product(x, x), yy = Product(y, y), norms = Math.Sqrt(xx) * Math.Sqrt(yy);
                bool directed = norms > Epsilon;
                double weight = weights is null ? 1 : weights[row];
                double cosine = directed ? Product(x, y) / norms : 0, scale = directed ? share * weight / norms : 0;
                // gradient = scale (cos |b|/|a| a - b); by columns, as a gradient may take the place of its features
                (double ofX, double ofY) = directed ? (scale * cosine * norms / xx, scale * cosine * norms / yy) : (0, 0);
                float* onX = gradA + ((long)row * gradAStride), onY = gradB + ((long)row * gradBStride);
                for (int c = 0; c < columns; c++)
                {
                    (double s, double t) = (x[c], y[c]);
                    if (gradA is not null) onX[c] = (float)((ofX * s) - (scale * t));
                    if (gradB is not null) onY[c] = (float)((ofY * t) - (scale * s));
                }
                loss += weight * (1 - cosine);
            }
            losses[index] = loss;
        }

        private double Product(float* x, float* y)
        {
            Vector256<double> sums = default;
            int c = 0;
            for (; c + 4 <= columns; c += 4)
                sums += Vector256.WidenLower(Vector128.Load(x + c).ToVector256()) * Vector256.WidenLower(Vector128.Load(y + c).ToVector256());
            double sum = Vector256.Sum(sums);
            for (; c < columns; c++) sum += (double)x[c] * y[c];
            return sum;
        }
    }
}
