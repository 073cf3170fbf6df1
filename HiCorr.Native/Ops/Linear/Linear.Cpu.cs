using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Linear;

public static partial class Linear
{
    private static void ForwardCpu(CpuDevice device, Tensor input, Tensor weight, Tensor? bias, Tensor output, Tensor? residual)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, weight, 1, transposed: false);
        GatherGemm.Multiply(device, [RowPairs.Identity(input.Rows)], input, packed, output, keep: false, bias, residual);
    }

    private static void BackwardInputCpu(CpuDevice device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, weight, 1, transposed: true);
        GatherGemm.Multiply(device, [RowPairs.Identity(gradInput.Rows)], gradOutput, packed, gradInput, keep: accumulate);
    }

    private static unsafe void BackwardWeightCpu(CpuDevice device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias)
    {
        GatherGemm.OuterProducts(device, [RowPairs.Identity(input.Rows)], input, gradOutput, gradWeight);
        if (gradBias is null) return;
        using var sums = ColumnSums.Of(device, gradOutput);
        for (int c = 0; c < gradOutput.Columns; c++) gradBias.Data[c] += (float)sums.First[c];
    }
}
