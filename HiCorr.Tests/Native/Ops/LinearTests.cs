using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class LinearTests
{
    public static TheoryData<int, int, int, SimdPath> Shapes()
    {
        var shapes = new TheoryData<int, int, int, SimdPath>();
        foreach ((int rows, int inputs, int outputs) in new[] { (0, 3, 4), (1, 1, 1), (5, 33, 20), (700, 8, 512), (17_001, 9, 5) })
            foreach (SimdPath path in Enum.GetValues<SimdPath>())
                if (SimdPaths.Has(path)) shapes.Add(rows, inputs, outputs, path);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Agrees_with_the_definition(int rows, int inputs, int outputs, SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        float[] x = Numbers.Normal(rows * inputs, 1), w = Numbers.Normal(inputs * outputs, 2), b = Numbers.Normal(outputs, 3), g = Numbers.Normal(rows * outputs, 4);
        double[] y = new double[rows * outputs], gx = new double[rows * inputs], gw = new double[inputs * outputs], gb = new double[outputs];
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < outputs; o++)
            {
                double upstream = g[(r * outputs) + o];
                y[(r * outputs) + o] = b[o];
                gb[o] += upstream;
                for (int i = 0; i < inputs; i++)
                {
                    y[(r * outputs) + o] += (double)x[(r * inputs) + i] * w[(i * outputs) + o];
                    gx[(r * inputs) + i] += upstream * w[(i * outputs) + o];
                    gw[(i * outputs) + o] += upstream * x[(r * inputs) + i];
                }
            }
        using Tensor input = Filled(device, x, rows, inputs), weight = Filled(device, w, inputs, outputs), bias = Filled(device, b, 1, outputs);
        using Tensor gradOutput = Filled(device, g, rows, outputs), output = device.Memory.Rent(rows, outputs), gradInput = device.Memory.Rent(rows, inputs);
        using Tensor gradWeight = device.Memory.RentZeros(inputs, outputs), gradBias = device.Memory.RentZeros(1, outputs);

        Linear.Forward(device, input, weight, bias, output);
        Linear.BackwardInput(device, gradOutput, weight, gradInput, accumulate: false);
        Linear.BackwardWeight(device, input, gradOutput, gradWeight, gradBias);

        Numbers.AssertClose(y, output.Span);
        Numbers.AssertClose(gx, gradInput.Span);
        Numbers.AssertClose(gw, gradWeight.Span);
        Numbers.AssertClose(gb, gradBias.Span);
    }

    [Theory]
    [InlineData(1, 3, 5)]
    [InlineData(130, 40, 72)]
    public void A_residual_is_added(int rows, int inputs, int outputs)
    {
        using var device = new CpuDevice(2);
        using Tensor input = Filled(device, Numbers.Normal(rows * inputs, 1), rows, inputs), weight = Filled(device, Numbers.Normal(inputs * outputs, 2), inputs, outputs);
        using Tensor bias = Filled(device, Numbers.Normal(outputs, 3), 1, outputs), residual = Filled(device, Numbers.Normal(rows * outputs, 4), rows, outputs);
        using Tensor without = device.Memory.Rent(rows, outputs), with = device.Memory.Rent(rows, outputs);

        Linear.Forward(device, input, weight, bias, without);
        Linear.Forward(device, input, weight, bias, with, residual);

        Numbers.AssertClose([.. without.ToArray().Zip(residual.ToArray(), (a, b) => (double)a + b)], with.Span);
    }

    [Fact]
    public void Gradients_of_many_rows_have_the_same_bits_on_1_2_and_8_threads()
    {
        float[][] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Tensor input = Filled(device, Numbers.Normal(20_000 * 40, 1), 20_000, 40), gradOutput = Filled(device, Numbers.Normal(20_000 * 33, 2), 20_000, 33);
            using Tensor gradWeight = device.Memory.RentZeros(40, 33), gradBias = device.Memory.RentZeros(1, 33);
            Linear.BackwardWeight(device, input, gradOutput, gradWeight, gradBias);
            return (float[])[.. gradWeight.ToArray(), .. gradBias.ToArray()];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    private static Tensor Filled(CpuDevice device, float[] values, int rows, int columns)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        tensor.CopyFrom(values);
        return tensor;
    }
}
