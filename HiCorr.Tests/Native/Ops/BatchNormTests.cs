using HiCorr.Native.Devices;
using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class BatchNormTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/minkowski/batchnorm: two training steps, then evaluation.</summary>
    [Fact]
    public void Gives_outputs_gradients_and_running_statistics_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("minkowski/batchnorm");
        float momentum = (float)golden.Description.GetProperty("momentum").GetDouble();
        using Tensor weight = Filled(golden.Floats("weight"), 1), bias = Filled(golden.Floats("bias"), 1), statistics = _device.Memory.Rent(2, 24);
        using Tensor mean = Filled(golden.Floats("running_mean_before"), 1), variance = Filled(golden.Floats("running_var_before"), 1);
        for (int step = 1; step <= 2; step++)
        {
            using Tensor x = Filled(golden.Floats($"step{step}_x"), 250), gradOutput = Filled(golden.Floats($"step{step}_grad_y"), 250);
            using Tensor y = _device.Memory.Rent(250, 24), gradX = _device.Memory.Rent(250, 24);
            using Tensor gradWeight = _device.Memory.RentZeros(1, 24), gradBias = _device.Memory.RentZeros(1, 24);

            BatchNorm.BatchStatistics(_device, x, statistics, mean, variance, momentum);
            BatchNorm.Apply(_device, x, statistics, weight, bias, null, relu: false, y);
            BatchNorm.Backward(_device, x, null, statistics, weight, training: true, gradOutput, false, gradWeight, gradBias, gradX);

            golden.AssertClose($"step{step}_y", y.Span);
            golden.AssertClose($"step{step}_grad_x", gradX.Span);
            golden.AssertClose($"step{step}_grad_weight", gradWeight.Span);
            golden.AssertClose($"step{step}_grad_bias", gradBias.Span);
            golden.AssertClose($"step{step}_running_mean", mean.Span);
            golden.AssertClose($"step{step}_running_var", variance.Span);
            if (step == 1) continue;

            BatchNorm.RunningStatistics(_device, statistics, mean, variance);
            BatchNorm.Apply(_device, x, statistics, weight, bias, null, relu: false, y);
            BatchNorm.Backward(_device, x, null, statistics, weight, training: false, gradOutput, false, gradWeight, gradBias, gradX);
            golden.AssertClose("eval_y", y.Span);
            golden.AssertClose("eval_grad_x", gradX.Span);
        }
    }

    [Theory]
    [InlineData(300, 8)]
    [InlineData(17, 13)]
    [InlineData(2, 1)]
    public void Gradients_are_slopes_through_residual_and_relu(int rows, int channels)
    {
        using Tensor x = Filled(Numbers.Normal(rows * channels, 1), rows), residual = Filled(Numbers.Normal(rows * channels, 2), rows);
        using Tensor weight = Filled(Numbers.Normal(channels, 3), 1), bias = Filled(Numbers.Normal(channels, 4), 1);
        float[] upstream = Numbers.Normal(rows * channels, 5);
        using Tensor gradOutput = Filled(upstream, rows), gradX = _device.Memory.Rent(rows, channels), statistics = _device.Memory.Rent(2, channels);
        using Tensor gradWeight = _device.Memory.RentZeros(1, channels), gradBias = _device.Memory.RentZeros(1, channels);
        using Tensor mean = _device.Memory.RentZeros(1, channels), variance = _device.Memory.RentZeros(1, channels), y = _device.Memory.Rent(rows, channels);

        BatchNorm.BatchStatistics(_device, x, statistics, mean, variance, 0.1f);
        BatchNorm.Apply(_device, x, statistics, weight, bias, residual, relu: true, y);
        BatchNorm.Backward(_device, x, y, statistics, weight, training: true, gradOutput, masksGradOutput: true, gradWeight, gradBias, gradX);

        double Loss() => Reference(x.Span, residual.Span, weight.Span, bias.Span, upstream, rows, channels);
        for (int i = 0; i < Math.Min(rows * channels, 40); i++)
        {
            AssertSlope(Numbers.Slope(Loss, x.Span, i, 1e-3f), gradX.Span[i]);
            AssertSlope(Numbers.Slope(Loss, residual.Span, i, 1e-3f), gradOutput.Span[i]);
        }
        for (int c = 0; c < channels; c++)
        {
            AssertSlope(Numbers.Slope(Loss, weight.Span, c, 1e-3f), gradWeight.Span[c]);
            AssertSlope(Numbers.Slope(Loss, bias.Span, c, 1e-3f), gradBias.Span[c]);
        }
    }

    [Fact]
    public void One_row_is_its_own_mean_and_gives_no_gradient_to_its_input()
    {
        using Tensor x = Filled([3, -2], 1), weight = Filled([2, 2], 1), bias = Filled([0.5f, -1], 1), statistics = _device.Memory.Rent(2, 2);
        using Tensor mean = Filled([0, 0], 1), variance = Filled([1, 1], 1), y = _device.Memory.Rent(1, 2), gradOutput = Filled([1, 1], 1);
        using Tensor gradWeight = _device.Memory.RentZeros(1, 2), gradBias = _device.Memory.RentZeros(1, 2);

        BatchNorm.BatchStatistics(_device, x, statistics, mean, variance, 0.1f);
        BatchNorm.Apply(_device, x, statistics, weight, bias, null, relu: false, y);
        BatchNorm.Backward(_device, x, null, statistics, weight, true, gradOutput, false, gradWeight, gradBias, gradOutput);

        Assert.Equal([0.5f, -1], y.ToArray());
        Assert.Equal([0, 0], gradOutput.ToArray());
        Assert.Equal([0.9f, 0.9f], variance.ToArray());
    }

    [Fact]
    public void No_rows_leave_the_running_statistics_alone()
    {
        using Tensor x = _device.Memory.Rent(0, 2), statistics = _device.Memory.Rent(2, 2), mean = Filled([1, 2], 1), variance = Filled([3, 4], 1);

        BatchNorm.BatchStatistics(_device, x, statistics, mean, variance, 0.1f);

        Assert.Equal([1, 2], mean.ToArray());
        Assert.Equal([3, 4], variance.ToArray());
    }

    private static void AssertSlope(double slope, double gradient) => Assert.Equal(slope, gradient, 2e-3 * Math.Max(1, Math.Abs(slope)));

    /// <summary>Σ upstream · relu(batch norm of x + residual), in double precision.</summary>
    private static double Reference(Span<float> x, Span<float> residual, Span<float> weight, Span<float> bias, float[] upstream, int rows, int channels)
    {
        double loss = 0;
        for (int c = 0; c < channels; c++)
        {
            double mean = 0, variance = 0;
            for (int r = 0; r < rows; r++) mean += (double)x[(r * channels) + c] / rows;
            for (int r = 0; r < rows; r++) variance += Math.Pow(x[(r * channels) + c] - mean, 2) / rows;
            for (int r = 0; r < rows; r++)
            {
                int i = (r * channels) + c;
                loss += upstream[i] * Math.Max(0, ((x[i] - mean) / Math.Sqrt(variance + 1e-5) * weight[c]) + bias[c] + residual[i]);
            }
        }
        return loss;
    }

    private Tensor Filled(float[] values, int rows)
    {
        Tensor tensor = _device.Memory.Rent(rows, values.Length / rows);
        tensor.CopyFrom(values);
        return tensor;
    }
}
