using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Reductions;

/// <summary>
/// Sums over the rows of a matrix for every column, in double precision: First = Σ a and Second = Σ a b, where a counts only where the mask is
/// positive. Rows are summed in fixed blocks and the blocks in order, so the bits do not depend on the number of threads.
/// </summary>
internal readonly unsafe struct ColumnSums : IDisposable
{
    private const int RowsPerBlock = 1024;
    private readonly Tensor _memory; // (blocks, 4 C) floats, which are 2 C doubles a block

    private ColumnSums(Tensor memory, int columns)
    {
        _memory = memory;
        First = (double*)memory.Data;
        Second = First + columns;
    }

    /// <summary>Σ a per column.</summary>
    public double* First { get; }

    /// <summary>Σ a b per column; zero without b.</summary>
    public double* Second { get; }

    /// <param name="device">Where to work.</param>
    /// <param name="a">(N, C).</param>
    /// <param name="b">(N, C), or null for no second sum.</param>
    /// <param name="mask">(N, C); entries of a count where it is positive. Null: all count.</param>
    public static ColumnSums Of(CpuDevice device, Tensor a, Tensor? b = null, Tensor? mask = null)
    {
        int blocks = Math.Max(1, (a.Rows + RowsPerBlock - 1) / RowsPerBlock);
        var sums = new ColumnSums(device.Memory.Rent(blocks, 4 * a.Columns), a.Columns);
        device.Threads.For(blocks, new SumBlock(a.Data, a.Stride, b is null ? null : b.Data, b?.Stride ?? 0, mask is null ? null : mask.Data,
            mask?.Stride ?? 0, a.Rows, a.Columns, sums.First));
        for (int block = 1; block < blocks; block++)
        {
            double* other = sums.First + (2L * block * a.Columns);
            for (int i = 0; i < 2 * a.Columns; i++) sums.First[i] += other[i];
        }
        return sums;
    }

    public void Dispose() => _memory.Dispose();

    private readonly struct SumBlock(float* a, int aStride, float* b, int bStride, float* mask, int maskStride, int rows, int columns, double* sums)
        : IParallelBlock
    {
        public void Execute(int index)
        {
            double* first = sums + (2L * index * columns), second = first + columns;
            int start = index * RowsPerBlock, end = Math.Min(rows, start + RowsPerBlock);
            int column = 0;
            for (; column + 8 <= columns; column += 8)
            {
                Vector256<double> firstLow = default, firstHigh = default, secondLow = default, secondHigh = default;
                for (int row = start; row < end; row++)
                {
                    Vector256<float> x = Vector256.Load(a + ((long)row * aStride) + column);
                    if (mask is not null)
                        x &= Vector256.GreaterThan(Vector256.Load(mask + ((long)row * maskStride) + column), Vector256<float>.Zero);
                    (Vector256<double> low, Vector256<double> high) = Vector256.Widen(x);
                    firstLow += low;
                    firstHigh += high;
                    if (b is null) continue;
                    (Vector256<double> otherLow, Vector256<double> otherHigh) = Vector256.Widen(Vector256.Load(b + ((long)row * bStride) + column));
                    secondLow += low * otherLow;
                    secondHigh += high * otherHigh;
                }
                firstLow.Store(first + column);
                firstHigh.Store(first + column + 4);
                secondLow.Store(second + column);
                secondHigh.Store(second + column + 4);
            }
            for (; column < columns; column++)
            {
                (first[column], second[column]) = (0, 0);
                for (int row = start; row < end; row++)
                {
                    if (mask is not null && !(mask[((long)row * maskStride) + column] > 0)) continue;
                    double x = a[((long)row * aStride) + column];
                    first[column] += x;
                    if (b is not null) second[column] += x * b[((long)row * bStride) + column];
                }
            }
        }
    }
}
