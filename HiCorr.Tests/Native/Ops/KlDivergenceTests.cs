using HiCorr.Native.Devices;
using HiCorr.Native.Ops.KlDivergence;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class KlDivergenceTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/torch/kl-divergence.</summary>
    [Fact]
    public void Gives_loss_and_gradients_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/kl-divergence");
        using Tensor student = FilledTensor.Of(_device, golden.Floats("student"), 40, 32), teacher = FilledTensor.Of(_device, golden.Floats("teacher"), 40, 32);
        using Tensor gradStudent = _device.Memory.Rent(40, 32), gradTeacher = _device.Memory.Rent(40, 32);

        double loss = KlDivergence.OverChannels(_device, student, teacher, gradStudent, gradTeacher);

        Assert.Equal(golden.Doubles("loss")[0], loss, golden.Tolerances("loss")[0]);
        golden.AssertClose("grad_student", golden.Singles("grad_student"), gradStudent.Span);
        golden.AssertClose("grad_teacher", golden.Singles("grad_teacher"), gradTeacher.Span);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(5, 33)]
    public void Gradients_over_channels_are_slopes_of_the_definition(int rows, int columns)
    {
        using Tensor student = FilledTensor.Of(_device, Numbers.Normal(rows * columns, 1), rows, columns), teacher = FilledTensor.Of(_device, Numbers.Normal(rows * columns, 2), rows, columns);
        using Tensor gradStudent = _device.Memory.Rent(rows, columns), gradTeacher = _device.Memory.Rent(rows, columns);

        double loss = KlDivergence.OverChannels(_device, student, teacher, gradStudent, gradTeacher, weight: 0.5f);

        double Loss() => Definition(Doubles(student), Doubles(teacher), columns);
        Assert.Equal(Loss(), loss, 1e-12);
        for (int i = 0; i < rows * columns; i++)
        {
            Assert.Equal(0.5 * Numbers.Slope(Loss, student.Span, i, 1e-3f), gradStudent.Span[i], 1e-6);
            Assert.Equal(0.5 * Numbers.Slope(Loss, teacher.Span, i, 1e-3f), gradTeacher.Span[i], 1e-6);
        }
    }

    [Fact]
    public void Gradients_over_classes_are_slopes_of_the_definition()
    {
        const int rows = 4, width = 9, classes = 5;
        using Tensor student = FilledTensor.Of(_device, Numbers.Normal(rows * width, 1), rows, width), teacher = FilledTensor.Of(_device, Numbers.Normal(rows * width, 2), rows, width);
        using Tensor text = FilledTensor.Of(_device, Numbers.Normal(classes * width, 3), classes, width), gradStudent = _device.Memory.Rent(rows, width), gradTeacher = _device.Memory.Rent(rows, width);

        double loss = KlDivergence.OverClasses(_device, student, teacher, text, gradStudent, gradTeacher);

        double Loss() => Definition(Logits(student, text), Logits(teacher, text), classes);
        Assert.Equal(Loss(), loss, 1e-6);
        for (int i = 0; i < rows * width; i++)
        {
            Assert.Equal(Numbers.Slope(Loss, student.Span, i, 1e-3f), gradStudent.Span[i], 1e-4);
            Assert.Equal(Numbers.Slope(Loss, teacher.Span, i, 1e-3f), gradTeacher.Span[i], 1e-4);
        }
    }

    [Fact]
    public void A_detached_teacher_changes_nothing_for_the_student()
    {
        using Tensor student = FilledTensor.Of(_device, Numbers.Normal(60, 1), 6, 10), teacher = FilledTensor.Of(_device, Numbers.Normal(60, 2), 6, 10);
        using Tensor both = _device.Memory.Rent(6, 10), other = _device.Memory.Rent(6, 10), alone = _device.Memory.Rent(6, 10);

        double loss = KlDivergence.OverChannels(_device, student, teacher, both, other);
        Assert.Equal(loss, KlDivergence.OverChannels(_device, student, teacher, alone));
        Assert.Equal(both.ToArray(), alone.ToArray());

        Assert.Equal(loss, KlDivergence.OverChannels(_device, student, teacher, student, teacher)); // gradients in place of the features
        Assert.Equal(both.ToArray(), student.ToArray());
        Assert.Equal(other.ToArray(), teacher.ToArray());
    }

    [Fact]
    public void Equal_features_and_no_rows_give_zero()
    {
        using Tensor features = FilledTensor.Of(_device, Numbers.Normal(20, 1), 2, 10), gradient = _device.Memory.Rent(2, 10), none = _device.Memory.Rent(0, 10);

        Assert.Equal(0, KlDivergence.OverChannels(_device, features, features, gradient), 1e-12);
        Assert.All(gradient.ToArray(), value => Assert.Equal(0, value, 1e-9));
        Assert.Equal(0, KlDivergence.OverChannels(_device, none, none, none));
    }

    [Fact]
    public void Results_have_the_same_bits_on_1_2_and_8_threads()
    {
        (double Loss, float[] Gradient)[] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Tensor student = FilledTensor.Of(device, Numbers.Normal(1500 * 31, 1), 1500, 31), teacher = FilledTensor.Of(device, Numbers.Normal(1500 * 31, 2), 1500, 31);
            double loss = KlDivergence.OverChannels(device, student, teacher, student);
            return (loss, student.ToArray());
        })];

        foreach ((double loss, float[] gradient) in results[1..])
        {
            Assert.Equal(results[0].Loss, loss);
            Assert.Equal(results[0].Gradient, gradient);
        }
    }

    private static double[] Doubles(Tensor tensor) => [.. tensor.ToArray().Select(value => (double)value)];

    private static double[] Logits(Tensor features, Tensor text)
    {
        double[] logits = new double[features.Rows * text.Rows];
        for (int i = 0; i < logits.Length; i++)
            for (int c = 0; c < text.Columns; c++) logits[i] += (double)features.Row(i / text.Rows)[c] * text.Row(i % text.Rows)[c];
        return logits;
    }

    private static double Definition(double[] student, double[] teacher, int columns)
    {
        double loss = 0;
        for (int row = 0; row < student.Length; row += columns)
        {
            double studentSum = student.Skip(row).Take(columns).Sum(Math.Exp), teacherSum = teacher.Skip(row).Take(columns).Sum(Math.Exp);
            for (int c = row; c < row + columns; c++)
                loss += Math.Exp(teacher[c]) / teacherSum * (teacher[c] - Math.Log(teacherSum) - student[c] + Math.Log(studentSum));
        }
        return loss / (student.Length / columns);
    }
}
