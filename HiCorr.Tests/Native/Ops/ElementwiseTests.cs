using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Elementwise;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Ops;

public sealed class ElementwiseTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 1)]
    [InlineData(257, 9)]
    public void Adds_every_value(int rows, int columns)
    {
        float[] x = Numbers.Normal(rows * columns, 1), to = Numbers.Normal(rows * columns, 2);
        using Tensor first = FilledTensor.Of(_device, x, rows, columns), second = FilledTensor.Of(_device, to, rows, columns);

        Elementwise.Add(_device, first, second);

        Assert.Equal([.. x.Zip(to, (a, b) => a + b)], second.ToArray());
        Assert.Equal(x, first.ToArray());
    }

    [Fact]
    public void Adds_some_columns_and_leaves_the_others()
    {
        using Tensor x = FilledTensor.Of(_device, [1, 2, 3, 4, 5, 6], 2, 3), to = FilledTensor.Of(_device, [10, 20, 30, 40, 50, 60], 2, 3);

        Elementwise.Add(_device, x.Slice(1, 2), to.Slice(0, 2));

        Assert.Equal([12, 23, 30, 45, 56, 60], to.ToArray());
    }

    [Fact]
    public void Tensors_of_different_sizes_are_refused()
    {
        using Tensor x = _device.Memory.RentZeros(2, 3), to = _device.Memory.RentZeros(3, 2);

        Assert.Throws<ArgumentException>(() => Elementwise.Add(_device, x, to));
    }
}
