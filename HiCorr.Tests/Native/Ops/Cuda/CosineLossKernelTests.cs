using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CosineLoss;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class CosineLossKernelTests
{
    /// <summary>Loss of doubles in another order.</summary>
    private const double LossTolerance = 1e-12;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Mean_and_both_gradients_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in new[] { (0, 8), (1, 2), (3, 3), (33, 8), (300, 70) })
        {
            float[] a = KernelData.Uniform("a", rows * columns), b = KernelData.Uniform("b", rows * columns);
            Result expected = Mean(CpuDevice.Default, a, b, rows, columns), actual = Mean(device, a, b, rows, columns);
            KernelAssert.Close(expected.Loss, actual.Loss, LossTolerance, $"loss of {rows} x {columns}");
            KernelAssert.Close(expected.GradA, actual.GradA, KernelAssert.Elementwise, $"gradA of {rows} x {columns}");
            KernelAssert.Close(expected.GradB, actual.GradB, KernelAssert.Elementwise, $"gradB of {rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Rows_without_a_direction_cost_one_and_have_no_gradient(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] a = KernelData.Uniform("a", 4 * 5), b = KernelData.Uniform("b", 4 * 5);
        a.AsSpan(5, 5).Clear();
        b.AsSpan(15, 5).Clear();
        Result result = Mean(device, a, b, 4, 5);
        KernelAssert.Close(Mean(CpuDevice.Default, a, b, 4, 5).Loss, result.Loss, LossTolerance, "loss");
        Assert.All(result.GradA[5..10].Concat(result.GradB[15..]), value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Weighted_sum_and_its_gradient_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (float[] a, float[] b, float[] weights) = (KernelData.Uniform("a", 50 * 9), KernelData.Uniform("b", 50 * 9), KernelData.Uniform("weights", 50));
        (double loss, float[] gradient) = Run(CpuDevice.Default);
        (double kernelLoss, float[] kernelGradient) = Run(device);
        KernelAssert.Close(loss, kernelLoss, LossTolerance, "loss");
        KernelAssert.Close(gradient, kernelGradient, KernelAssert.Elementwise, "gradient");

        (double, float[]) Run(Device on)
        {
            using Tensor x = KernelData.On(on, a, 50, 9), y = KernelData.On(on, b, 50, 9);
            return (CosineLoss.WeightedSum(on, x, y, weights, x, 2), x.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Gradients_replace_features_that_are_some_columns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] a = KernelData.Uniform("a", 7 * 13), b = KernelData.Uniform("b", 7 * 13);
        Result expected = Mean(CpuDevice.Default, a, b, 7, 13);
        (Tensor wholeA, Tensor viewA) = KernelData.Inside(device, a, 7, 13);
        (Tensor wholeB, Tensor viewB) = KernelData.Inside(device, b, 7, 13, before: 3);
        using (wholeA)
        using (wholeB)
        {
            CosineLoss.Mean(device, viewA, viewB, viewA, viewB, 3);
            KernelAssert.Close(expected.GradA, viewA.ToArray(), KernelAssert.Elementwise, "gradA in place");
            KernelAssert.Close(expected.GradB, viewB.ToArray(), KernelAssert.Elementwise, "gradB in place");
            Assert.All(wholeA.Slice(0, 4).ToArray().Concat(wholeB.Slice(16, 8).ToArray()), value => Assert.Equal(99, value));
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_are_equal_to_the_last_bit(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int rows = name == KernelDevices.Gpu ? 200_000 : 1500;
        float[] a = KernelData.Uniform("a", rows * 32), b = KernelData.Uniform("b", rows * 32);
        Result first = Mean(device, a, b, rows, 32);
        for (int run = 0; run < 2; run++)
        {
            Result again = Mean(device, a, b, rows, 32);
            Assert.Equal(first.Loss, again.Loss);
            KernelAssert.SameBits(first.GradA, again.GradA, "gradA");
            KernelAssert.SameBits(first.GradB, again.GradB, "gradB");
        }
    }

    private sealed record Result(double Loss, float[] GradA, float[] GradB);

    private static Result Mean(Device device, float[] a, float[] b, int rows, int columns)
    {
        using Tensor x = KernelData.On(device, a, rows, columns), y = KernelData.On(device, b, rows, columns);
        using Tensor gradX = device.Memory.Rent(rows, columns), gradY = device.Memory.Rent(rows, columns);
        double loss = CosineLoss.Mean(device, x, y, gradX, gradY, 3);
        Assert.Equal(loss, CosineLoss.Mean(device, x, y, null));
        return new Result(loss, gradX.ToArray(), gradY.ToArray());
    }
}
