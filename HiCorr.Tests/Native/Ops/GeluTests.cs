using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gelu;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class GeluTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/torch/gelu, the erf form.</summary>
    [Fact]
    public void Gives_output_and_gradient_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/gelu");
        using Tensor x = FilledTensor.Of(_device, golden.Floats("x"), 10, 20), gradient = FilledTensor.Of(_device, golden.Floats("grad_y"), 10, 20), y = _device.Memory.Rent(10, 20);

        Gelu.Forward(_device, x, y);
        Gelu.Backward(_device, x, gradient, gradient);

        golden.AssertClose("gelu_erf_y", golden.Singles("gelu_erf_y"), y.Span);
        golden.AssertClose("gelu_erf_grad_x", golden.Singles("gelu_erf_grad_x"), gradient.Span);
    }

    [Fact]
    public void Is_the_definition_from_minus_12_to_12_and_its_gradient_is_the_slope()
    {
        float[] values = [.. Enumerable.Range(0, 2401).Select(i => (i - 1200) / 100f)];
        using Tensor x = FilledTensor.Of(_device, values, 7, 343), ones = _device.Memory.Rent(7, 343), y = _device.Memory.Rent(7, 343);
        ones.Span.Fill(1);

        Gelu.Forward(_device, x, y);
        Gelu.Backward(_device, x, ones, ones);

        for (int i = 0; i < values.Length; i++)
        {
            double v = values[i];
            Assert.Equal(TransformerOracle.Gelu(v), y.Span[i], 4e-7 * Math.Max(1, Math.Abs(v)));
            Assert.Equal(TransformerOracle.GeluSlope(v), ones.Span[i], 6e-7);
            Assert.Equal((TransformerOracle.Gelu(v + 1e-4) - TransformerOracle.Gelu(v - 1e-4)) / 2e-4, ones.Span[i], 1e-6);
        }
    }

    [Fact]
    public void Extremes_are_the_identity_zero_and_nothing_else()
    {
        using Tensor x = FilledTensor.Of(_device, [1e30f, -1e30f, 0, float.NaN], 1, 4), y = _device.Memory.Rent(1, 4);

        Gelu.Forward(_device, x, y);

        Assert.Equal([1e30f, 0, 0, float.NaN], y.ToArray());
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(65, 9)]
    public void Works_in_place_on_any_size_with_the_same_bits_on_1_2_and_8_threads(int rows, int columns)
    {
        float[][] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Tensor x = FilledTensor.Of(device, Numbers.Normal(rows * columns, 1), rows, columns), gradient = FilledTensor.Of(device, Numbers.Normal(rows * columns, 2), rows, columns);
            Gelu.Backward(device, x, gradient, gradient);
            Gelu.Forward(device, x, x);
            return (float[])[.. x.ToArray(), .. gradient.ToArray()];
        })];

        Numbers.AssertClose([.. Numbers.Normal(rows * columns, 1).Select(v => TransformerOracle.Gelu(v))], results[0].AsSpan(0, rows * columns));
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }
}
