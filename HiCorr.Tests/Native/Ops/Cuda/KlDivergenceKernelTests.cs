using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.KlDivergence;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class KlDivergenceKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Loss_and_both_gradients_over_channels_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in new[] { (0, 8), (1, 1), (3, 3), (33, 8), (200, 100) })
        {
            (float[] student, float[] teacher) = Features(rows * columns);
            Result expected = Run(CpuDevice.Default, student, teacher, rows, columns), actual = Run(device, student, teacher, rows, columns);
            KernelAssert.Close(expected.Loss, actual.Loss, 1e-6, $"loss of {rows} x {columns}");
            KernelAssert.Close(expected.GradStudent, actual.GradStudent, KernelAssert.Elementwise, $"gradStudent of {rows} x {columns}");
            KernelAssert.Close(expected.GradTeacher, actual.GradTeacher, KernelAssert.Elementwise, $"gradTeacher of {rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Values_that_overflow_an_exponential_are_no_trouble(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] student = [1000, 998, -1000, 5], teacher = [-400, 300, 301, 299];
        Result expected = Run(CpuDevice.Default, student, teacher, 1, 4), actual = Run(device, student, teacher, 1, 4);
        KernelAssert.Close(expected.Loss, actual.Loss, 1e-6, "loss");
        KernelAssert.Close(expected.GradStudent, actual.GradStudent, KernelAssert.Elementwise, "gradStudent");
        KernelAssert.Close(expected.GradTeacher, actual.GradTeacher, KernelAssert.Elementwise, "gradTeacher");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Loss_and_gradient_over_classes_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (float[] student, float[] teacher) = Features(40 * 24);
        float[] text = KernelData.Uniform("text", 11 * 24);
        (double loss, float[] gradient) = OverClasses(CpuDevice.Default);
        (double kernelLoss, float[] kernelGradient) = OverClasses(device);
        KernelAssert.Close(loss, kernelLoss, KernelAssert.Products, "loss");
        KernelAssert.Close(gradient, kernelGradient, KernelAssert.Products, "gradient");

        (double, float[]) OverClasses(Device on)
        {
            using Tensor s = KernelData.On(on, student, 40, 24), t = KernelData.On(on, teacher, 40, 24), classes = KernelData.On(on, text, 11, 24);
            return (KlDivergence.OverClasses(on, s, t, classes, s), s.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Gradients_replace_features_that_are_some_columns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (float[] student, float[] teacher) = Features(7 * 13);
        Result expected = Run(CpuDevice.Default, student, teacher, 7, 13);
        (Tensor wholeStudent, Tensor ofStudent) = KernelData.Inside(device, student, 7, 13);
        (Tensor wholeTeacher, Tensor ofTeacher) = KernelData.Inside(device, teacher, 7, 13, before: 3);
        using (wholeStudent)
        using (wholeTeacher)
        {
            KlDivergence.OverChannels(device, ofStudent, ofTeacher, ofStudent, ofTeacher, 3);
            KernelAssert.Close(expected.GradStudent, ofStudent.ToArray(), KernelAssert.Elementwise, "gradStudent in place");
            KernelAssert.Close(expected.GradTeacher, ofTeacher.ToArray(), KernelAssert.Elementwise, "gradTeacher in place");
            Assert.All(wholeStudent.Slice(0, 4).ToArray().Concat(wholeTeacher.Slice(16, 8).ToArray()), value => Assert.Equal(99, value));
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_are_equal_to_the_last_bit(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int rows = name == KernelDevices.Gpu ? 200_000 : 1500;
        (float[] student, float[] teacher) = Features(rows * 32);
        Result first = Run(device, student, teacher, rows, 32);
        for (int run = 0; run < 2; run++)
        {
            Result again = Run(device, student, teacher, rows, 32);
            Assert.Equal(first.Loss, again.Loss);
            KernelAssert.SameBits(first.GradStudent, again.GradStudent, "gradStudent");
            KernelAssert.SameBits(first.GradTeacher, again.GradTeacher, "gradTeacher");
        }
    }

    private sealed record Result(double Loss, float[] GradStudent, float[] GradTeacher);

    /// <summary>In [-4, 4), so that some classes have nearly all the weight.</summary>
    private static (float[] Student, float[] Teacher) Features(int count) =>
        ([.. KernelData.Uniform("student", count).Select(x => 4 * x)], [.. KernelData.Uniform("teacher", count).Select(x => 4 * x)]);

    private static Result Run(Device device, float[] student, float[] teacher, int rows, int columns)
    {
        using Tensor s = KernelData.On(device, student, rows, columns), t = KernelData.On(device, teacher, rows, columns);
        using Tensor gradS = device.Memory.Rent(rows, columns), gradT = device.Memory.Rent(rows, columns);
        double loss = KlDivergence.OverChannels(device, s, t, gradS, gradT, 3);
        Assert.Equal(loss, KlDivergence.OverChannels(device, s, t, null));
        return new Result(loss, gradS.ToArray(), gradT.ToArray());
    }
}
