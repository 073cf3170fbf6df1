using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LayerNorm;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class LayerNormTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/torch/layernorm, eps 1e-5.</summary>
    [Fact]
    public void Gives_output_and_gradients_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/layernorm");

        (float[] y, float[] gradX, float[] gradWeight, float[] gradBias) = Run(_device, golden.Floats("x"), golden.Floats("weight"), golden.Floats("bias"), golden.Floats("grad_y"));

        golden.AssertClose("eps1e5_y", golden.Singles("eps1e5_y"), y);
        golden.AssertClose("eps1e5_grad_x", golden.Singles("eps1e5_grad_x"), gradX);
        golden.AssertClose("eps1e5_grad_weight", golden.Singles("eps1e5_grad_weight"), gradWeight);
        golden.AssertClose("eps1e5_grad_bias", golden.Singles("eps1e5_grad_bias"), gradBias);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 1)]
    [InlineData(1, 512)]
    [InlineData(3, 13)]
    [InlineData(300, 40)]
    public void Output_is_the_definition_and_gradients_are_its_slopes(int rows, int columns)
    {
        float[] x = Numbers.Normal(rows * columns, 1), weight = Numbers.Normal(columns, 2), bias = Numbers.Normal(columns, 3), upstream = Numbers.Normal(rows * columns, 4);
        // Far from zero: a variance taken from the mean of squares would lose its digits here.
        for (int i = 0; i < x.Length; i++) x[i] += 100;

        (float[] y, float[] gradX, float[] gradWeight, float[] gradBias) = Run(_device, x, weight, bias, upstream);

        Numbers.AssertClose(Definition(), y, 2e-5);
        for (int i = 0; i < Math.Min(x.Length, 20); i++) AssertSlope(Numbers.Slope(Loss, x, i, 1e-2f), gradX[i]);
        for (int c = 0; c < Math.Min(columns, 20); c++)
        {
            AssertSlope(Numbers.Slope(Loss, weight, c, 1e-2f), gradWeight[c]);
            AssertSlope(Numbers.Slope(Loss, bias, c, 1e-2f), gradBias[c]);
        }

        double[] Definition() => TransformerOracle.LayerNorm([.. x.Select(v => (double)v)], weight, bias);
        double Loss() => Definition().Zip(upstream, (a, b) => a * b).Sum();
    }

    [Fact]
    public void A_row_of_equal_values_gives_the_bias()
    {
        (float[] y, float[] gradX, _, _) = Run(_device, [7, 7, 7], [1, 2, 3], [0.5f, -1, 4], [1, 0, 0]);

        Assert.Equal([0.5f, -1, 4], y);
        Assert.All(gradX, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Applies_kept_statistics_adds_to_gradients_and_works_in_place()
    {
        float[] values = Numbers.Normal(5 * 24, 1), upstream = Numbers.Normal(5 * 24, 2);
        using Tensor x = FilledTensor.Of(_device, values, 5, 24), weight = FilledTensor.Of(_device, Numbers.Normal(24, 3), 1, 24), bias = FilledTensor.Of(_device, Numbers.Normal(24, 4), 1, 24);
        using Tensor statistics = _device.Memory.Rent(5, 2), y = _device.Memory.Rent(5, 24), again = _device.Memory.Rent(5, 24);
        LayerNorm.Forward(_device, x, weight, bias, statistics, y);
        LayerNorm.Apply(_device, x, weight, bias, statistics, again);
        Assert.Equal(y.ToArray(), again.ToArray());

        (_, float[] gradX, float[] gradWeight, _) = Run(_device, values, weight.ToArray(), bias.ToArray(), upstream);
        using Tensor gradient = FilledTensor.Of(_device, upstream, 5, 24), sum = FilledTensor.Of(_device, upstream, 5, 24), parameters = _device.Memory.RentZeros(1, 24), others = _device.Memory.RentZeros(1, 24);
        LayerNorm.Backward(_device, x, statistics, weight, gradient, parameters, others, sum, accumulate: true);
        LayerNorm.Backward(_device, x, statistics, weight, gradient, parameters, others, gradient, accumulate: false);

        Assert.Equal(gradX, gradient.ToArray());
        Assert.Equal(gradX.Zip(upstream, (a, b) => a + b), sum.ToArray());
        Assert.Equal(gradWeight.Select(v => v + v), parameters.ToArray());
        LayerNorm.Forward(_device, x, weight, bias, statistics, x);
        Assert.Equal(y.ToArray(), x.ToArray());
    }

    [Fact]
    public void Results_have_the_same_bits_on_1_2_and_8_threads()
    {
        float[][] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            (float[] y, float[] gradX, float[] gradWeight, float[] gradBias) = Run(device, Numbers.Normal(3000 * 33, 1), Numbers.Normal(33, 2), Numbers.Normal(33, 3), Numbers.Normal(3000 * 33, 4));
            return (float[])[.. y, .. gradX, .. gradWeight, .. gradBias];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    private static void AssertSlope(double slope, double gradient) => Assert.Equal(slope, gradient, 2e-3 * Math.Max(1, Math.Abs(slope)));

    private static (float[] Y, float[] GradX, float[] GradWeight, float[] GradBias) Run(CpuDevice device, float[] x, float[] weight, float[] bias, float[] upstream)
    {
        int columns = weight.Length, rows = x.Length / columns;
        using Tensor input = FilledTensor.Of(device, x, rows, columns), scale = FilledTensor.Of(device, weight, 1, columns), shift = FilledTensor.Of(device, bias, 1, columns);
        using Tensor gradOutput = FilledTensor.Of(device, upstream, rows, columns), statistics = device.Memory.Rent(rows, 2), y = device.Memory.Rent(rows, columns);
        using Tensor gradX = device.Memory.Rent(rows, columns), gradWeight = device.Memory.RentZeros(1, columns), gradBias = device.Memory.RentZeros(1, columns);
        LayerNorm.Forward(device, input, scale, shift, statistics, y);
        LayerNorm.Backward(device, input, statistics, scale, gradOutput, gradWeight, gradBias, gradX, accumulate: false);
        return (y.ToArray(), gradX.ToArray(), gradWeight.ToArray(), gradBias.ToArray());
    }
}
