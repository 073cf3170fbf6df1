using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Linear;

public static partial class Linear
{
    private static unsafe void ForwardCpu(CpuDevice device, Tensor input, Tensor weight, Tensor? bias, Tensor output)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, weight, 1, transposed: false);
        if (bias is null) output.Clear();
        else device.Threads.For((output.Rows + FillRows.Block - 1) / FillRows.Block, new FillRows(bias.Data, output.Data, output.Stride, output.Rows, output.Columns));
        GatherGemm.Multiply(device, [RowPairs.Identity(input.Rows)], input, packed, output);
    }

    private static void BackwardInputCpu(CpuDevice device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, weight, 1, transposed: true);
        if (!accumulate) gradInput.Clear();
        GatherGemm.Multiply(device, [RowPairs.Identity(gradInput.Rows)], gradOutput, packed, gradInput);
    }

    private static unsafe void BackwardWeightCpu(CpuDevice device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias)
    {
        GatherGemm.OuterProducts(device, [RowPairs.Identity(input.Rows)], input, gradOutput, gradWeight);
        if (gradBias is null) return;
        using var sums = ColumnSums.Of(device, gradOutput);
        for (int c = 0; c < gradOutput.Columns; c++) gradBias.Data[c] += (float)sums.First[c];
    }

    private readonly unsafe struct FillRows(float* values, float* target, int stride, int rows, int columns) : IParallelBlock
    {
        public const int Block = 1024;

        public void Execute(int index)
        {
            for (int row = index * Block; row < Math.Min(rows, (index + 1) * Block); row++)
                new ReadOnlySpan<float>(values, columns).CopyTo(new Span<float>(target + ((long)row * stride), columns));
        }
    }
}
