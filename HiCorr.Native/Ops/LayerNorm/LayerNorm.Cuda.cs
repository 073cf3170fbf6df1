using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.LayerNorm;

public static unsafe partial class LayerNorm
{
    private const int ThreadsPerBlock = 256;
    private const int Warp = 32;

    private static void ForwardCuda(CudaDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        var tiles = new ColumnTiles(x.Rows, x.Columns, x, weight, bias, y);
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(weight.Data).Add(bias.Data).Add(Epsilon).Add(statistics.Data).Add((long)statistics.Stride)
            .Add(y.Data).Add((long)y.Stride).Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.Width);
        device.Launch("layer_norm", "layer_norm_forward", WarpARow(device, x.Rows), ref arguments);
    }

    private static void ApplyCuda(CudaDevice device, Tensor x, Tensor weight, Tensor bias, Tensor statistics, Tensor y)
    {
        var tiles = new ColumnTiles(x.Rows, x.Columns, x, weight, bias, y);
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(weight.Data).Add(bias.Data).Add(statistics.Data).Add((long)statistics.Stride)
            .Add(y.Data).Add((long)y.Stride).Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.Width);
        device.Launch("layer_norm", "layer_norm_apply", WarpARow(device, x.Rows), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor gradOutput, Tensor gradWeight, Tensor gradBias,
        Tensor gradX, bool accumulate)
    {
        if (x.Rows == 0) return;
        var tiles = new ColumnTiles(x.Rows, x.Columns, x, weight, gradOutput, gradX);
        using Tensor partials = tiles.RentPartials(device);
        // First the parameters: gradX may take the place of gradOutput.
        KernelArguments onColumns = default;
        onColumns.Add(x.Data).Add((long)x.Stride).Add(statistics.Data).Add((long)statistics.Stride).Add(gradOutput.Data).Add((long)gradOutput.Stride)
            .Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.RowsOfSums).Add((long)tiles.Width).Add(partials.Data);
        device.Launch("layer_norm", "layer_norm_sums", tiles.Sums(), ref onColumns);
        KernelArguments onParameters = default;
        onParameters.Add(partials.Data).Add((long)tiles.Blocks).Add((long)x.Columns).Add(gradWeight.Data).Add(gradBias.Data);
        device.Launch("layer_norm", "layer_norm_parameters", tiles.SumsOfBlocks(), ref onParameters);
        KernelArguments onRows = default;
        onRows.Add(x.Data).Add((long)x.Stride).Add(statistics.Data).Add((long)statistics.Stride).Add(weight.Data).Add(gradOutput.Data).Add((long)gradOutput.Stride)
            .Add(gradX.Data).Add((long)gradX.Stride).Add(accumulate ? 1L : 0).Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.Width);
        device.Launch("layer_norm", "layer_norm_backward", WarpARow(device, x.Rows), ref onRows);
    }

    private static LaunchShape WarpARow(CudaDevice device, int rows) => new(device.BlocksFor((long)rows * Warp, ThreadsPerBlock), ThreadsPerBlock);
}
