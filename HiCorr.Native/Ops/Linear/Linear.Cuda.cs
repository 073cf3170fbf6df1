using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Linear;

public static unsafe partial class Linear
{
    private static readonly CudaGemm s_kernels = new("linear");

    private static void ForwardCuda(CudaDevice device, Tensor input, Tensor weight, Tensor? bias, Tensor output, Tensor? residual) =>
        s_kernels.Multiply(device, input, weight, false, output, bias: bias, residual: residual);

    private static void BackwardInputCuda(CudaDevice device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate) =>
        s_kernels.Multiply(device, gradOutput, weight, true, gradInput, residual: accumulate ? gradInput : null);

    private static void BackwardWeightCuda(CudaDevice device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias)
    {
        s_kernels.OuterProducts(device, input, gradOutput, gradWeight);
        if (gradBias is null || gradOutput.Rows == 0) return;
        var tiles = new ColumnTiles(gradOutput.Rows, gradOutput.Columns, gradOutput);
        using Tensor partials = tiles.RentPartials(device);
        KernelArguments onRows = default;
        onRows.Add(gradOutput.Data).Add((long)gradOutput.Stride).Add((long)gradOutput.Rows).Add((long)gradOutput.Columns).Add((long)tiles.RowsOfSums)
            .Add((long)tiles.Width).Add(partials.Data);
        device.Launch("linear", "linear_bias_sums", tiles.Sums(), ref onRows);
        KernelArguments onColumns = default;
        onColumns.Add(partials.Data).Add((long)tiles.Blocks).Add((long)gradOutput.Columns).Add(gradBias.Data);
        device.Launch("linear", "linear_bias", tiles.SumsOfBlocks(), ref onColumns);
    }
}
