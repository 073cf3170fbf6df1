using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Elementwise;

public static unsafe partial class Elementwise
{
    private const int RowsPerBlock = 256;

    private static void AddCpu(CpuDevice device, Tensor x, Tensor to) =>
        device.Threads.For((x.Rows + RowsPerBlock - 1) / RowsPerBlock, new AddBlock(x.Data, x.Stride, to.Data, to.Stride, x.Rows, x.Columns));

    private readonly struct AddBlock(float* x, int xStride, float* to, int toStride, int rows, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int row = index * RowsPerBlock; row < Math.Min(rows, (index + 1) * RowsPerBlock); row++)
                GatherGemm.Add(x + ((long)row * xStride), to + ((long)row * toStride), columns);
        }
    }
}
