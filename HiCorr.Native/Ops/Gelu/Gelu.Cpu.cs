using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Elementary;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gelu;

public static unsafe partial class Gelu
{
    private const int RowsPerBlock = 64;
    private const float InverseRoot2 = 0.70710678f;
    private const float InverseRoot2Pi = 0.39894228f;

    private static void ForwardCpu(CpuDevice device, Tensor x, Tensor y) =>
        device.Threads.For(Blocks(x.Rows), new ForwardBlock(x.Data, x.Stride, y.Data, y.Stride, x.Rows, x.Columns));

    private static void BackwardCpu(CpuDevice device, Tensor x, Tensor gradOutput, Tensor gradX) =>
        device.Threads.For(Blocks(x.Rows), new BackwardBlock(x.Data, x.Stride, gradOutput.Data, gradOutput.Stride, gradX.Data, gradX.Stride, x.Rows, x.Columns));

    private static int Blocks(int rows) => (rows + RowsPerBlock - 1) / RowsPerBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> NormalDistribution(Vector256<float> x)
    {
        Vector256<float> half = Vector256.Create(0.5f);
        return Vector256.MultiplyAddEstimate(ErrorFunction.Erf(x * Vector256.Create(InverseRoot2)), half, half);
    }

    private readonly struct ForwardBlock(float* x, int xStride, float* y, int yStride, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), output = y + ((long)row * yStride);
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                {
                    Vector256<float> value = Vector256.Load(input + c);
                    (value * NormalDistribution(value)).Store(output + c);
                }
                for (; c < columns; c++) output[c] = input[c] * NormalDistribution(Vector256.Create(input[c])).ToScalar();
            }
        }
    }

    private readonly struct BackwardBlock(float* x, int xStride, float* gradOutput, int gradStride, float* gradX, int gradXStride, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* input = x + ((long)row * xStride), grad = gradOutput + ((long)row * gradStride), result = gradX + ((long)row * gradXStride);
                int c = 0;
                for (; c + 8 <= columns; c += 8) (Vector256.Load(grad + c) * Slope(Vector256.Load(input + c))).Store(result + c);
                for (; c < columns; c++) result[c] = grad[c] * Slope(Vector256.Create(input[c])).ToScalar();
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Slope(Vector256<float> value)
        {
            Vector256<float> density = Exponential.Exp(value * value * Vector256.Create(-0.5f)) * Vector256.Create(InverseRoot2Pi);
            return Vector256.MultiplyAddEstimate(value, density, NormalDistribution(value));
        }
    }
}
