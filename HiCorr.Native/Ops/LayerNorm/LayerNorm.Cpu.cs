using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.LayerNorm;

public static unsafe partial class LayerNorm
{
    private const int RowsPerBlock = 128;

    private static void ForwardCpu(CpuDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        device.Threads.For(Blocks(x.Rows), new StatisticsBlock(x.Data, x.Stride, statistics.Data, statistics.Stride, x.Rows, x.Columns));
        ApplyCpu(device, x, weight, bias, statistics, y);
    }

    private static void ApplyCpu(CpuDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y) =>
        device.Threads.For(Blocks(x.Rows), new ApplyBlock(x.Data, x.Stride, weight.Data, bias.Data, statistics.Data, statistics.Stride, y.Data, y.Stride, x.Rows, x.Columns));

    private static void BackwardCpu(CpuDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor gradOutput, Tensor gradWeight, Tensor gradBias,
        Tensor gradX, bool accumulate)
    {
        int blocks = Blocks(x.Rows);
        using Tensor sums = device.Memory.RentZeros(blocks, 4 * x.Columns); // 2 C doubles a block: gradient of the weight, of the bias
        device.Threads.For(blocks, new BackwardBlock(x.Data, x.Stride, statistics.Data, statistics.Stride, weight.Data, gradOutput.Data, gradOutput.Stride,
            gradX.Data, gradX.Stride, (double*)sums.Data, x.Rows, x.Columns, accumulate));
        double* onWeight = (double*)sums.Data, onBias = onWeight + x.Columns;
        for (int c = 0; c < x.Columns; c++)
        {
            double weightSum = 0, biasSum = 0;
            for (int block = 0; block < blocks; block++)
            {
                weightSum += onWeight[(2L * block * x.Columns) + c];
                biasSum += onBias[(2L * block * x.Columns) + c];
            }
            gradWeight.Data[c] += (float)weightSum;
            gradBias.Data[c] += (float)biasSum;
        }
    }

    private static int Blocks(int rows) => (rows + RowsPerBlock - 1) / RowsPerBlock;

    private readonly struct StatisticsBlock(float* x, int xStride, float* statistics, int statisticsStride, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride);
                double mean = SumOfPowers(input, 0, squared: false) / columns, variance = SumOfPowers(input, mean, squared: true) / columns;
                float* result = statistics + ((long)row * statisticsStride);
                result[0] = (float)mean;
                result[1] = (float)(1 / Math.Sqrt(variance + Epsilon));
            }
        }

        /// <summary>Σ (x - centre), or Σ (x - centre)²: a second pass over the row has no cancellation.</summary>
        private double SumOfPowers(float* input, double centre, bool squared)
        {
            Vector256<double> shift = Vector256.Create(centre), low = default, high = default;
            int c = 0;
            for (; c + 8 <= columns; c += 8)
            {
                (Vector256<double> first, Vector256<double> second) = Vector256.Widen(Vector256.Load(input + c));
                (first, second) = (first - shift, second - shift);
                low += squared ? first * first : first;
                high += squared ? second * second : second;
            }
            double sum = Vector256.Sum(low + high);
            for (; c < columns; c++) sum += squared ? (input[c] - centre) * (input[c] - centre) : input[c] - centre;
            return sum;
        }
    }

    private readonly struct ApplyBlock(float* x, int xStride, float* weight, float* bias, float* statistics, int statisticsStride, float* y, int yStride,
        int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), output = y + ((long)row * yStride);
                float mean = statistics[(long)row * statisticsStride], inverse = statistics[((long)row * statisticsStride) + 1];
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                    (((Vector256.Load(input + c) - Vector256.Create(mean)) * Vector256.Create(inverse) * Vector256.Load(weight + c)) + Vector256.Load(bias + c)).Store(output + c);
                for (; c < columns; c++) output[c] = ((input[c] - mean) * inverse * weight[c]) + bias[c];
            }
        }
    }

    private readonly struct BackwardBlock(float* x, int xStride, float* statistics, int statisticsStride, float* weight, float* gradOutput, int gradStride,
        float* gradX, int gradXStride, double* sums, int rows, int columns, bool accumulate) : IParallelBlock
    {
        public void Execute(int index)
        {
            double* onWeight = sums + (2L * index * columns), onBias = onWeight + columns;
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), grad = gradOutput + ((long)row * gradStride), result = gradX + ((long)row * gradXStride);
                float mean = statistics[(long)row * statisticsStride], inverse = statistics[((long)row * statisticsStride) + 1];
                (double sum, double sumNormalised) = AddRow(input, grad, mean, inverse, onWeight, onBias);
                float meanGrad = (float)(sum / columns), meanNormalised = (float)(sumNormalised / columns);
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                {
                    Vector256<float> normalised = (Vector256.Load(input + c) - Vector256.Create(mean)) * Vector256.Create(inverse);
                    Vector256<float> g = Vector256.Load(grad + c) * Vector256.Load(weight + c);
                    g = (g - Vector256.Create(meanGrad) - (normalised * Vector256.Create(meanNormalised))) * Vector256.Create(inverse);
                    (accumulate ? g + Vector256.Load(result + c) : g).Store(result + c);
                }
                for (; c < columns; c++)
                {
                    float g = ((grad[c] * weight[c]) - meanGrad - ((input[c] - mean) * inverse * meanNormalised)) * inverse;
                    result[c] = accumulate ? result[c] + g : g;
                }
            }
        }

        /// <summary>Adds a row to the parameters' sums and returns Σ g and Σ g x̂.</summary>
        private (double Sum, double SumNormalised) AddRow(float* input, float* grad, float mean, float inverse, double* onWeight, double* onBias)
        {
            Vector256<double> sums = default, sumsNormalised = default;
            int c = 0;
            for (; c + 4 <= columns; c += 4)
            {
                Vector256<double> normalised = (Vector256.WidenLower(Vector128.Load(input + c).ToVector256()) - Vector256.Create((double)mean)) * Vector256.Create((double)inverse);
                Vector256<double> upstream = Vector256.WidenLower(Vector128.Load(grad + c).ToVector256());
                (Vector256.Load(onWeight + c) + (upstream * normalised)).Store(onWeight + c);
                (Vector256.Load(onBias + c) + upstream).Store(onBias + c);
                Vector256<double> g = upstream * Vector256.WidenLower(Vector128.Load(weight + c).ToVector256());
                sums += g;
                sumsNormalised += g * normalised;
            }
            (double sum, double sumNormalised) = (Vector256.Sum(sums), Vector256.Sum(sumsNormalised));
            for (; c < columns; c++)
            {
                double normalised = ((double)input[c] - mean) * inverse, g = (double)grad[c] * weight[c];
                onWeight[c] += grad[c] * normalised;
                onBias[c] += grad[c];
                sum += g;
                sumNormalised += g * normalised;
            }
            return (sum, sumNormalised);
        }
    }
}
