using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.BatchNorm;

public static unsafe partial class BatchNorm
{
    private const int RowsPerBlock = 256;

    private static void BatchStatisticsCpu(CpuDevice device, Tensor x, Tensor statistics, Tensor runningMean, Tensor runningVariance, float momentum)
    {
        if (x.Rows == 0)
        {
            RunningStatisticsCpu(statistics, runningMean, runningVariance);
            return;
        }
        using var sums = ColumnSums.Of(device, x, x);
        double n = x.Rows;
        for (int c = 0; c < x.Columns; c++)
        {
            double mean = sums.First[c] / n, variance = Math.Max(0, (sums.Second[c] / n) - (mean * mean));
            statistics.Data[c] = (float)mean;
            statistics.Data[x.Columns + c] = (float)(1 / Math.Sqrt(variance + Epsilon));
            // The coarsest level of a small scene can be a single voxel: its unbiased variance would be 0/0.
            double unbiased = variance * n / Math.Max(1, n - 1);
            runningMean.Data[c] = (float)(((1 - (double)momentum) * runningMean.Data[c]) + (momentum * mean));
            runningVariance.Data[c] = (float)(((1 - (double)momentum) * runningVariance.Data[c]) + (momentum * unbiased));
        }
    }

    private static void RunningStatisticsCpu(Tensor statistics, Tensor runningMean, Tensor runningVariance)
    {
        runningMean.Row(0).CopyTo(statistics.Row(0));
        for (int c = 0; c < statistics.Columns; c++) statistics.Row(1)[c] = (float)(1 / Math.Sqrt(runningVariance.Row(0)[c] + (double)Epsilon));
    }

    private static void ApplyCpu(CpuDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor bias, Tensor? residual, bool relu, Tensor y)
    {
        using Tensor factors = device.Memory.Rent(2, x.Columns);
        float* scale = factors.Data, shift = scale + x.Columns;
        for (int c = 0; c < x.Columns; c++)
        {
            scale[c] = weight.Data[c] * statistics.Data[x.Columns + c];
            shift[c] = bias.Data[c] - (statistics.Data[c] * scale[c]);
        }
        device.Threads.For(Blocks(x.Rows), new ApplyBlock(x.Data, x.Stride, residual is null ? null : residual.Data, residual?.Stride ?? 0,
            y.Data, y.Stride, scale, shift, x.Rows, x.Columns, relu ? 0 : float.NegativeInfinity));
    }

    private static void BackwardCpu(CpuDevice device, Tensor x, Tensor? y, Tensor statistics, Tensor weight, bool training, Tensor gradOutput,
        bool masksGradOutput, Tensor gradWeight, Tensor gradBias, Tensor gradX)
    {
        if (x.Rows == 0) return;
        using var sums = ColumnSums.Of(device, gradOutput, x, y);
        using Tensor factors = device.Memory.Rent(3, x.Columns);
        float* onGrad = factors.Data, onInput = onGrad + x.Columns, constant = onInput + x.Columns;
        double n = x.Rows;
        for (int c = 0; c < x.Columns; c++)
        {
            double mean = statistics.Data[c], inverse = statistics.Data[x.Columns + c];
            double sum = sums.First[c], sumNormalised = (sums.Second[c] - (mean * sum)) * inverse;
            gradBias.Data[c] += (float)sum;
            gradWeight.Data[c] += (float)sumNormalised;
            double scale = weight.Data[c] * inverse;
            onGrad[c] = (float)scale;
            onInput[c] = training ? (float)(-scale * inverse * sumNormalised / n) : 0;
            constant[c] = training ? (float)(-scale * sum / n) : 0;
        }
        device.Threads.For(Blocks(x.Rows), new BackwardBlock(x.Data, x.Stride, y is null ? null : y.Data, y?.Stride ?? 0, gradOutput.Data,
            gradOutput.Stride, gradX.Data, gradX.Stride, statistics.Data, onGrad, onInput, constant, x.Rows, x.Columns, masksGradOutput));
    }

    private static int Blocks(int rows) => (rows + RowsPerBlock - 1) / RowsPerBlock;

    private readonly struct ApplyBlock(float* x, int xStride, float* residual, int residualStride, float* y, int yStride, float* scale, float* shift,
        int rows, int columns, float floor) : IParallelBlock
    {
        public void Execute(int index)
        {
            Vector256<float> lowest = Vector256.Create(floor);
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), output = y + ((long)row * yStride);
                float* added = residual is null ? null : residual + ((long)row * residualStride);
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                {
                    Vector256<float> value = (Vector256.Load(input + c) * Vector256.Load(scale + c)) + Vector256.Load(shift + c);
                    if (added is not null) value += Vector256.Load(added + c);
                    Vector256.Max(value, lowest).Store(output + c);
                }
                for (; c < columns; c++)
                {
                    float value = (input[c] * scale[c]) + shift[c];
                    if (added is not null) value += added[c];
                    output[c] = Math.Max(value, floor);
                }
            }
        }
    }

    private readonly struct BackwardBlock(float* x, int xStride, float* y, int yStride, float* gradOutput, int gradOutputStride, float* gradX,
        int gradXStride, float* mean, float* onGrad, float* onInput, float* constant, int rows, int columns, bool masks) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), output = y is null ? null : y + ((long)row * yStride);
                float* grad = gradOutput + ((long)row * gradOutputStride), result = gradX + ((long)row * gradXStride);
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                {
                    Vector256<float> g = Vector256.Load(grad + c);
                    if (output is not null) g &= Vector256.GreaterThan(Vector256.Load(output + c), Vector256<float>.Zero);
                    if (masks) g.Store(grad + c);
                    Vector256<float> centred = Vector256.Load(input + c) - Vector256.Load(mean + c);
                    ((g * Vector256.Load(onGrad + c)) + (centred * Vector256.Load(onInput + c)) + Vector256.Load(constant + c)).Store(result + c);
                }
                for (; c < columns; c++)
                {
                    float g = output is null || output[c] > 0 ? grad[c] : 0;
                    if (masks) grad[c] = g;
                    result[c] = (g * onGrad[c]) + ((input[c] - mean[c]) * onInput[c]) + constant[c];
                }
            }
        }
    }
}
