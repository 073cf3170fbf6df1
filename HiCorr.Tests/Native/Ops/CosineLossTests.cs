using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CosineLoss;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class CosineLossTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/torch/cosine-loss.</summary>
    [Fact]
    public void Gives_loss_and_gradients_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/cosine-loss");
        using Tensor a = FilledTensor.Of(_device, golden.Floats("a"), 30, 24), b = FilledTensor.Of(_device, golden.Floats("b"), 30, 24);
        using Tensor gradA = _device.Memory.Rent(30, 24), gradB = _device.Memory.Rent(30, 24);

        double loss = CosineLoss.Mean(_device, a, b, gradA, gradB);

        Assert.Equal(golden.Doubles("loss")[0], loss, golden.Tolerances("loss")[0]);
        golden.AssertClose("grad_a", golden.Singles("grad_a"), gradA.Span);
        golden.AssertClose("grad_b", golden.Singles("grad_b"), gradB.Span);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(6, 23)]
    public void Gradients_are_slopes_of_the_definition(int rows, int columns)
    {
        using Tensor a = FilledTensor.Of(_device, Numbers.Normal(rows * columns, 1), rows, columns), b = FilledTensor.Of(_device, Numbers.Normal(rows * columns, 2), rows, columns);
        using Tensor gradA = _device.Memory.Rent(rows, columns), gradB = _device.Memory.Rent(rows, columns);

        double loss = CosineLoss.Mean(_device, a, b, gradA, gradB, weight: 2);

        Assert.Equal(Loss(), loss, 1e-12);
        for (int i = 0; i < rows * columns; i++)
        {
            Assert.Equal(2 * Numbers.Slope(Loss, a.Span, i, 1e-3f), gradA.Span[i], 1e-5);
            Assert.Equal(2 * Numbers.Slope(Loss, b.Span, i, 1e-3f), gradB.Span[i], 1e-5);
        }

        Assert.Equal(loss, CosineLoss.Mean(_device, a, b, null));
        float[] expected = gradA.ToArray();
        CosineLoss.Mean(_device, a, b, a, weight: 2); // the gradient in place of the features
        Assert.Equal(expected, a.ToArray());

        double Loss()
        {
            double sum = 0;
            for (int row = 0; row < rows; row++)
            {
                double xy = 0, xx = 0, yy = 0;
                for (int c = 0; c < columns; c++)
                {
                    double x = a.Row(row)[c], y = b.Row(row)[c];
                    (xy, xx, yy) = (xy + (x * y), xx + (x * x), yy + (y * y));
                }
                sum += 1 - (xy / Math.Sqrt(xx * yy));
            }
            return sum / rows;
        }
    }

    [Fact]
    public void Weighted_rows_count_by_their_weights()
    {
        const int Rows = 6, Columns = 5;
        using Tensor a = FilledTensor.Of(_device, Numbers.Normal(Rows * Columns, 1), Rows, Columns), b = FilledTensor.Of(_device, Numbers.Normal(Rows * Columns, 2), Rows, Columns);
        float[] weights = [0, 0.5f, 3, 1, 0.25f, 2];
        using Tensor gradient = _device.Memory.Rent(Rows, Columns);

        double loss = CosineLoss.WeightedSum(_device, a, b, weights, gradient, weight: 2);

        Assert.Equal(Loss(), loss, 1e-12);
        for (int i = 0; i < Rows * Columns; i++) Assert.Equal(2 * Numbers.Slope(Loss, a.Span, i, 1e-3f), gradient.Span[i], 1e-4);

        double Loss()
        {
            double sum = 0;
            for (int row = 0; row < Rows; row++)
            {
                using Tensor x = FilledTensor.Of(_device, a.Row(row), 1, Columns), y = FilledTensor.Of(_device, b.Row(row), 1, Columns);
                sum += weights[row] * CosineLoss.Mean(_device, x, y, null);
            }
            return sum;
        }
    }

    [Fact]
    public void A_row_without_direction_costs_one_and_has_no_gradient()
    {
        using Tensor a = FilledTensor.Of(_device, [0, 0, 3, 4], 2, 2), b = FilledTensor.Of(_device, [1, 2, 3, 4], 2, 2), gradA = _device.Memory.Rent(2, 2), gradB = _device.Memory.Rent(2, 2);

        Assert.Equal(0.5, CosineLoss.Mean(_device, a, b, gradA, gradB), 1e-12);

        Assert.All(gradA.ToArray().Concat(gradB.ToArray()), value => Assert.Equal(0, value, 1e-7));
    }

    [Fact]
    public void No_rows_give_zero()
    {
        using Tensor none = _device.Memory.Rent(0, 4);

        Assert.Equal(0, CosineLoss.Mean(_device, none, none, none));
    }

    [Fact]
    public void Results_have_the_same_bits_on_1_2_and_8_threads()
    {
        (double Loss, float[] Gradient)[] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Tensor a = FilledTensor.Of(device, Numbers.Normal(3000 * 17, 1), 3000, 17), b = FilledTensor.Of(device, Numbers.Normal(3000 * 17, 2), 3000, 17);
            double loss = CosineLoss.Mean(device, a, b, a);
            return (loss, a.ToArray());
        })];

        foreach ((double loss, float[] gradient) in results[1..])
        {
            Assert.Equal(results[0].Loss, loss);
            Assert.Equal(results[0].Gradient, gradient);
        }
    }
}
