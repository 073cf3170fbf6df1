using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.BatchNorm;

public static unsafe partial class BatchNorm
{
    private const int ThreadsPerBlock = 256;

    private static void BatchStatisticsCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor runningMean, Tensor runningVariance, float momentum)
    {
        if (x.Rows == 0)
        {
            RunningStatisticsCuda(device, statistics, runningMean, runningVariance);
            return;
        }
        var tiles = new ColumnTiles(x.Rows, x.Columns, x);
        using Tensor partials = tiles.RentPartials(device);
        Sums(device, tiles, x, x, null, partials);
        KernelArguments arguments = default;
        arguments.Add(partials.Data).Add((long)tiles.Blocks).Add((long)x.Rows).Add((long)x.Columns).Add(Epsilon).Add(momentum)
            .Add(statistics.Data).Add((long)statistics.Stride).Add(runningMean.Data).Add(runningVariance.Data);
        device.Launch("batch_norm", "batch_norm_statistics", tiles.SumsOfBlocks(), ref arguments);
    }

    private static void RunningStatisticsCuda(CudaDevice device, Tensor statistics, Tensor runningMean, Tensor runningVariance)
    {
        KernelArguments arguments = default;
        arguments.Add(runningMean.Data).Add(runningVariance.Data).Add((long)statistics.Columns).Add(Epsilon).Add(statistics.Data).Add((long)statistics.Stride);
        device.Launch("batch_norm", "batch_norm_running", new LaunchShape(device.BlocksFor(statistics.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }

    private static void ApplyCuda(CudaDevice device, Tensor x, Tensor statistics, Tensor weight, Tensor bias, Tensor? residual, bool relu, Tensor y)
    {
        var tiles = new ColumnTiles(x.Rows, x.Columns, x, residual, y);
        KernelArguments arguments = default;
        arguments.Add(x.Data).Add((long)x.Stride).Add(statistics.Data).Add((long)statistics.Stride).Add(weight.Data).Add(bias.Data);
        AddOptional(ref arguments, residual);
        arguments.Add(relu ? 1L : 0).Add(y.Data).Add((long)y.Stride).Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.Width);
        device.Launch("batch_norm", "batch_norm_apply", tiles.Rows(device), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor x, Tensor? y, Tensor statistics, Tensor weight, bool training, Tensor gradOutput,
        bool masksGradOutput, Tensor gradWeight, Tensor gradBias, Tensor gradX)
    {
        if (x.Rows == 0) return;
        var tiles = new ColumnTiles(x.Rows, x.Columns, x, y, gradOutput, gradX);
        using Tensor partials = tiles.RentPartials(device), factors = device.Memory.Rent(3, x.Columns);
        Sums(device, tiles, gradOutput, x, y, partials);
        KernelArguments onColumns = default;
        onColumns.Add(partials.Data).Add((long)tiles.Blocks).Add((long)x.Rows).Add((long)x.Columns).Add(statistics.Data).Add((long)statistics.Stride)
            .Add(weight.Data).Add(training ? 1L : 0).Add(gradWeight.Data).Add(gradBias.Data).Add(factors.Data);
        device.Launch("batch_norm", "batch_norm_factors", tiles.SumsOfBlocks(), ref onColumns);
        KernelArguments onRows = default;
        onRows.Add(x.Data).Add((long)x.Stride);
        AddOptional(ref onRows, y);
        onRows.Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(masksGradOutput ? 1L : 0).Add(statistics.Data).Add(factors.Data)
            .Add(gradX.Data).Add((long)gradX.Stride).Add((long)x.Rows).Add((long)x.Columns).Add((long)tiles.Width);
        device.Launch("batch_norm", "batch_norm_backward", tiles.Rows(device), ref onRows);
    }

    /// <summary>Partial sums of a and a b over the rows where the mask is positive.</summary>
    private static void Sums(CudaDevice device, in ColumnTiles tiles, Tensor a, Tensor b, Tensor? mask, Tensor partials)
    {
        KernelArguments arguments = default;
        arguments.Add(a.Data).Add((long)a.Stride).Add(b.Data).Add((long)b.Stride);
        AddOptional(ref arguments, mask);
        arguments.Add((long)a.Rows).Add((long)a.Columns).Add((long)tiles.RowsOfSums).Add((long)tiles.Width).Add(partials.Data);
        device.Launch("batch_norm", "batch_norm_sums", tiles.Sums(), ref arguments);
    }

    /// <summary>A matrix that may be left out: a null pointer then.</summary>
    private static void AddOptional(ref KernelArguments arguments, Tensor? matrix) =>
        arguments.Add(matrix is null ? null : matrix.Data).Add((long)(matrix?.Stride ?? 0));
}
