using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Linear;

public static unsafe partial class Linear
{
    private const int ThreadsPerBlock = 256;
    private const int ColumnsPerBlock = 32;
    private const int RowsPerBlock = 512;
    private const int MostRowBlocks = 256;
    private static readonly CudaGemm s_kernels = new("linear");

    private static void ForwardCuda(CudaDevice device, Tensor input, Tensor weight, Tensor? bias, Tensor output, Tensor? residual) =>
        s_kernels.Multiply(device, input, weight, false, output, bias: bias, residual: residual);

    private static void BackwardInputCuda(CudaDevice device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate) =>
        s_kernels.Multiply(device, gradOutput, weight, true, gradInput, residual: accumulate ? gradInput : null);

    private static void BackwardWeightCuda(CudaDevice device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias)
    {
        s_kernels.OuterProducts(device, input, gradOutput, gradWeight);
        if (gradBias is null || gradOutput.Rows == 0) return;
        int columns = gradOutput.Columns, columnBlocks = (columns + ColumnsPerBlock - 1) / ColumnsPerBlock;
        int rowBlocks = Math.Min((gradOutput.Rows + RowsPerBlock - 1) / RowsPerBlock, MostRowBlocks);
        using Tensor parts = device.Memory.Rent(rowBlocks, 2 * columns); // doubles
        KernelArguments partial = default;
        partial.Add(gradOutput.Data).Add((long)gradOutput.Stride).Add((long)gradOutput.Rows).Add((long)columns).Add(parts.Data);
        device.Launch("linear", "linear_bias_parts", new LaunchShape(columnBlocks, rowBlocks, 1, ThreadsPerBlock, 1, 1, 0), ref partial);
        KernelArguments sum = default;
        sum.Add(parts.Data).Add((long)rowBlocks).Add(gradBias.Data).Add((long)columns);
        device.Launch("linear", "linear_bias", new LaunchShape(device.BlocksFor(columns, ThreadsPerBlock), ThreadsPerBlock), ref sum);
    }
}
