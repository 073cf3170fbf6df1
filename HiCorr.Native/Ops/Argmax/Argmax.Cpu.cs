using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Argmax;

public static unsafe partial class Argmax
{
    private const int RowsPerBlock = 256;

    private static void ForwardCpu(CpuDevice device, Tensor scores, Span<byte> labels, Span<float> confidence)
    {
        fixed (byte* label = labels)
        fixed (float* certainty = confidence)
        {
            device.Threads.For((scores.Rows + RowsPerBlock - 1) / RowsPerBlock, new ForwardBlock(scores.Data, scores.Stride, scores.Rows, scores.Columns, label, certainty));
        }
    }

    private readonly struct ForwardBlock(float* scores, int stride, int rows, int columns, byte* labels, float* confidence) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* s = scores + ((long)row * stride);
                int best = 0;
                for (int c = 1; c < columns; c++)
                    if (s[c] > s[best]) best = c;
                float sum = 0;
                for (int c = 0; c < columns; c++) sum += MathF.Exp(s[c] - s[best]);
                (labels[row], confidence[row]) = ((byte)best, 1 / sum);
            }
        }
    }
}
