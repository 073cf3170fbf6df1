using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.KlDivergence;

public static unsafe partial class KlDivergence
{
    private const int RowsPerBlock = 128;

    private static double OverChannelsCpu(CpuDevice device, Tensor student, Tensor teacher, Tensor? gradStudent, Tensor? gradTeacher, float weight)
    {
        if (student.Rows == 0) return 0;
        int blocks = (student.Rows + RowsPerBlock - 1) / RowsPerBlock, padded = (student.Columns + 3) / 4 * 4;
        using Tensor losses = device.Memory.RentZeros(blocks, 2); // one double a block
        using Tensor scratch = device.Memory.Rent(blocks, 4 * padded); // two rows of doubles a block
        device.Threads.For(blocks, new RowsBlock(student.Data, student.Stride, teacher.Data, teacher.Stride, gradStudent is null ? null : gradStudent.Data,
            gradStudent?.Stride ?? 0, gradTeacher is null ? null : gradTeacher.Data, gradTeacher?.Stride ?? 0, student.Rows, student.Columns,
            (double)weight / student.Rows, (double*)scratch.Data, padded, (double*)losses.Data));
        double loss = 0;
        for (int block = 0; block < blocks; block++) loss += ((double*)losses.Data)[block];
        return loss / student.Rows;
    }

    private readonly struct RowsBlock(float* student, int studentStride, float* teacher, int teacherStride, float* gradStudent, int gradStudentStride,
        float* gradTeacher, int gradTeacherStride, int rows, int columns, double share, double* scratch, int padded, double* losses) : IParallelBlock
    {
        public void Execute(int index)
        {
            double* q = scratch + (2L * index * padded), p = q + padded;
            double sum = 0;
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
            {
                float* s = student + ((long)row * studentStride), t = teacher + ((long)row * teacherStride);
                double studentSum = Exponentials(s, q, out double studentLog), teacherSum = Exponentials(t, p, out double teacherLog);
                double divergence = 0;
                for (int c = 0; c < columns; c++)
                {
                    (q[c], p[c]) = (q[c] / studentSum, p[c] / teacherSum);
                    divergence += p[c] * ((t[c] - teacherLog) - (s[c] - studentLog));
                }
                sum += divergence;
                float* onStudent = gradStudent + ((long)row * gradStudentStride), onTeacher = gradTeacher + ((long)row * gradTeacherStride);
                for (int c = 0; c < columns; c++)
                {
                    // Read before either is written: a gradient may take the place of its features.
                    double logRatio = (t[c] - teacherLog) - (s[c] - studentLog);
                    if (gradStudent is not null) onStudent[c] = (float)(share * (q[c] - p[c]));
                    if (gradTeacher is not null) onTeacher[c] = (float)(share * p[c] * (logRatio - divergence));
                }
            }
            losses[index] = sum;
        }

        /// <summary>e = exp(h - max h); returns its sum, and the logarithm of Σ exp(h).</summary>
        private double Exponentials(float* h, double* e, out double logSum)
        {
            double largest = double.NegativeInfinity, sum = 0;
            for (int c = 0; c < columns; c++)
            {
                e[c] = h[c];
                largest = Math.Max(largest, h[c]);
            }
            for (int c = columns; c < padded; c++) e[c] = largest;
            for (int c = 0; c < padded; c += 4) Vector256.Exp(Vector256.Load(e + c) - Vector256.Create(largest)).Store(e + c);
            for (int c = 0; c < columns; c++) sum += e[c];
            logSum = largest + Math.Log(sum);
            return sum;
        }
    }
}
