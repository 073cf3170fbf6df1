using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Ops;

public sealed class GatherTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Takes_rows_in_the_given_order_and_as_often_as_they_are_named()
    {
        using Tensor input = FilledTensor.Of(_device, [1, 2, 3, 4, 5, 6], 3, 2), output = _device.Memory.Rent(4, 2);

        Gather.Forward(_device, input, [2, 0, 2, 1], output);

        Assert.Equal([5, 6, 1, 2, 5, 6, 3, 4], output.ToArray());
    }

    [Fact]
    public void Gradients_of_the_same_row_add_up_on_what_is_there_and_other_rows_stay()
    {
        using Tensor gradOutput = FilledTensor.Of(_device, [1, 2, 3, 4, 5, 6], 3, 2), gradInput = FilledTensor.Of(_device, [10, 10, 20, 20, 30, 30], 3, 2);

        Gather.Backward(_device, gradOutput, [2, 0, 2], gradInput);

        Assert.Equal([13, 14, 20, 20, 36, 38], gradInput.ToArray());
    }

    [Fact]
    public void Gradients_of_the_same_row_are_added_in_the_order_of_the_list()
    {
        using Tensor gradOutput = FilledTensor.Of(_device, [1e8f, -1e8f, 1], 3, 1), gradInput = _device.Memory.RentZeros(1, 1);

        Gather.Backward(_device, gradOutput, [0, 0, 0], gradInput);

        Assert.Equal([1], gradInput.ToArray());
    }

    /// <summary>⟨g, A x⟩ = ⟨Aᵀ g, x⟩ for the matrix A that picks the rows.</summary>
    [Fact]
    public void Backward_is_the_transpose_of_forward()
    {
        int[] rows = [4, 1, 1, 0, 4, 4, 3];
        float[] x = Numbers.Normal(5 * 9, 1), g = Numbers.Normal(7 * 9, 2);
        using Tensor input = FilledTensor.Of(_device, x, 5, 9), gradOutput = FilledTensor.Of(_device, g, 7, 9), output = _device.Memory.Rent(7, 9), gradInput = _device.Memory.RentZeros(5, 9);

        Gather.Forward(_device, input, rows, output);
        Gather.Backward(_device, gradOutput, rows, gradInput);

        Assert.Equal(g.Zip(output.ToArray(), (a, b) => (double)a * b).Sum(), x.Zip(gradInput.ToArray(), (a, b) => (double)a * b).Sum(), 1e-5);
    }

    [Fact]
    public void Works_on_some_columns()
    {
        using Tensor input = FilledTensor.Of(_device, [1, 2, 3, 4, 5, 6], 2, 3), output = _device.Memory.RentZeros(1, 3);

        Gather.Forward(_device, input.Slice(1, 2), [1], output.Slice(0, 2));
        Gather.Backward(_device, output.Slice(0, 2), [0], input.Slice(0, 2));

        Assert.Equal([5, 6, 0], output.ToArray());
        Assert.Equal([6, 8, 3, 4, 5, 6], input.ToArray());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_row_that_is_not_there_is_refused(int row)
    {
        using Tensor input = _device.Memory.RentZeros(2, 3), output = _device.Memory.RentZeros(1, 3);

        Assert.Throws<ArgumentOutOfRangeException>(() => Gather.Forward(_device, input, [row], output));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gather.Backward(_device, output, [row], input));
    }

    [Fact]
    public void A_result_of_another_size_is_refused()
    {
        using Tensor input = _device.Memory.RentZeros(2, 3), output = _device.Memory.RentZeros(1, 3);

        Assert.Throws<ArgumentException>(() => Gather.Forward(_device, input, [0, 1], output));
    }
}
