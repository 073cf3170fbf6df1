using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.BatchNorm;

/// <summary>
/// Batch normalisation over all rows of all batch items, with the residual sum and the ReLU that follow it fused in:
///   y = [relu]((x - mean) / sqrt(var + eps) * weight + bias [+ residual])            x, y, residual (N, C), the others (1, C)
/// In training mean and biased variance are the batch's, and running = (1 - momentum) running + momentum batch with the unbiased variance; in
/// evaluation they are the running ones. Gradients, with g = gradOutput where y > 0 (everywhere without ReLU) and x̂ the normalised input:
///   gradBias += Σ g,  gradWeight += Σ g x̂,  gradResidual = g,
///   gradX = weight / sqrt(var + eps) (g - Σg/N - x̂ Σ(g x̂)/N) in training, weight / sqrt(var + eps) g in evaluation.
/// Saved for backward: x, y (only its signs count) and the statistics. Kink of the ReLU at 0: gradient 0.
/// </summary>
public static partial class BatchNorm
{
    public const float Epsilon = 1e-5f;

    /// <summary>Fills statistics (row 0 mean, row 1 1/sqrt(var + eps)) from the rows of x and moves the running ones; no rows move nothing.</summary>
    public static void BatchStatistics(Device device, Tensor x, Tensor statistics, Tensor runningMean, Tensor runningVariance, float momentum)
    {
        Check(x, statistics, runningMean, runningVariance);
        if (device is CudaDevice cuda) BatchStatisticsCuda(cuda, x, statistics, runningMean, runningVariance, momentum);
        else BatchStatisticsCpu((CpuDevice)device, x, statistics, runningMean, runningVariance, momentum);
    }

    /// <summary>Fills statistics from the running ones.</summary>
    public static void RunningStatistics(Device device, Tensor statistics, Tensor runningMean, Tensor runningVariance)
    {
        Check(statistics, statistics, runningMean, runningVariance);
        if (device is CudaDevice cuda) RunningStatisticsCuda(cuda, statistics, runningMean, runningVariance);
        else RunningStatisticsCpu(statistics, runningMean, runningVariance);
    }

    /// <summary>y = [relu](normalised x * weight + bias [+ residual]); y may be x.</summary>
    public static void Apply(Device device, Tensor x, Tensor statistics, Tensor weight, Tensor bias, Tensor? residual, bool relu, Tensor y)
    {
        Check(x, statistics, weight, bias);
        if (y.Rows != x.Rows || y.Columns != x.Columns || (residual ?? x).Rows != x.Rows || (residual ?? x).Columns != x.Columns)
            throw new ArgumentException($"x is {x.Rows} x {x.Columns}, y {y.Rows} x {y.Columns}, residual {residual?.Rows} x {residual?.Columns}");
        if (device is CudaDevice cuda) ApplyCuda(cuda, x, statistics, weight, bias, residual, relu, y);
        else ApplyCpu((CpuDevice)device, x, statistics, weight, bias, residual, relu, y);
    }

    /// <summary>Adds to gradWeight and gradBias, writes gradX.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="x">Input of the forward pass.</param>
    /// <param name="y">Output of the forward pass if a ReLU followed, else null.</param>
    /// <param name="statistics">As used by the forward pass.</param>
    /// <param name="weight">(1, C).</param>
    /// <param name="training">Whether the statistics came from x.</param>
    /// <param name="gradOutput">Gradient of y; with <paramref name="masksGradOutput"/> it becomes the gradient of the residual.</param>
    /// <param name="masksGradOutput">Whether to write g back into gradOutput; not if gradX is gradOutput.</param>
    /// <param name="gradWeight">(1, C).</param>
    /// <param name="gradBias">(1, C).</param>
    /// <param name="gradX">(N, C), may be gradOutput.</param>
    public static void Backward(Device device, Tensor x, Tensor? y, Tensor statistics, Tensor weight, bool training, Tensor gradOutput,
        bool masksGradOutput, Tensor gradWeight, Tensor gradBias, Tensor gradX)
    {
        Check(x, statistics, weight, gradWeight);
        if (gradOutput.Rows != x.Rows || gradOutput.Columns != x.Columns || gradX.Rows != x.Rows || gradX.Columns != x.Columns)
            throw new ArgumentException($"x is {x.Rows} x {x.Columns}, gradOutput {gradOutput.Rows} x {gradOutput.Columns}, gradX {gradX.Rows} x {gradX.Columns}");
        if (device is CudaDevice cuda) BackwardCuda(cuda, x, y, statistics, weight, training, gradOutput, masksGradOutput, gradWeight, gradBias, gradX);
        else BackwardCpu((CpuDevice)device, x, y, statistics, weight, training, gradOutput, masksGradOutput, gradWeight, gradBias, gradX);
    }

    private static void Check(Tensor x, Tensor statistics, Tensor first, Tensor second)
    {
        if (statistics.Rows != 2 || statistics.Columns != x.Columns || first.Columns != x.Columns || second.Columns != x.Columns)
            throw new ArgumentException($"x has {x.Columns} channels, statistics {statistics.Columns}, parameters {first.Columns} and {second.Columns}");
    }
}
