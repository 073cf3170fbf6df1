using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Argmax;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Ops;

public sealed class ArgmaxTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Takes_the_class_of_the_highest_score_and_its_share_of_the_softmax()
    {
        (byte[] labels, float[] confidence) = Run([1, 3, 2, -5, -6, -7], 2, 3);
        Assert.Equal([1, 0], labels);
        Assert.Equal(1 / (Math.Exp(-2) + 1 + Math.Exp(-1)), confidence[0], 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(-1) + Math.Exp(-2)), confidence[1], 1e-6);
    }

    [Fact]
    public void Takes_the_first_of_equals() => Assert.Equal([1, 0], Run([0, 4, 4, 2, 2, 2], 2, 3).Labels);

    [Theory]
    [InlineData(new[] { 1, float.NaN, 2 }, 2)]
    [InlineData(new[] { float.NaN, 1, 2 }, 0)]
    public void Never_finds_a_score_higher_that_is_no_number(float[] scores, byte expected) => Assert.Equal([expected], Run(scores, 1, 3).Labels);

    [Fact]
    public void Is_sure_of_the_only_class() => Assert.Equal([1f], Run([-3], 1, 1).Confidence);

    /// <summary>More rows than a block has.</summary>
    [Fact]
    public void Finds_the_best_of_every_row()
    {
        const int Rows = 1001, Columns = 7;
        float[] scores = new float[Rows * Columns];
        for (int row = 0; row < Rows; row++) scores[(row * Columns) + (row % Columns)] = 1;
        Assert.Equal(Enumerable.Range(0, Rows).Select(row => (byte)(row % Columns)), Run(scores, Rows, Columns).Labels);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void Refuses_classes_that_a_label_cannot_name(int columns) => Assert.Throws<ArgumentException>(() => Run(new float[columns], 1, columns));

    [Fact]
    public void Refuses_results_that_are_not_as_many_as_the_rows()
    {
        using Tensor scores = _device.Memory.RentZeros(2, 3);
        Assert.Throws<ArgumentException>(() => Argmax.Forward(_device, scores, new byte[2], new float[1]));
    }

    private (byte[] Labels, float[] Confidence) Run(float[] values, int rows, int columns)
    {
        using Tensor scores = _device.Memory.Rent(rows, columns);
        scores.CopyFrom(values);
        byte[] labels = new byte[rows];
        float[] confidence = new float[rows];
        Argmax.Forward(_device, scores, labels, confidence);
        return (labels, confidence);
    }
}
