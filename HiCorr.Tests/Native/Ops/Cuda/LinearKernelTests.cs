using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class LinearKernelTests
{
    private sealed record Results(float[] Output, float[] GradInput, float[] GradWeight, float[] GradBias);

    /// <summary>Values of six bits, whose products and sums are the same in every precision and order.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Forward_and_backward_are_the_cpus(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        foreach ((int rows, int inputs, int outputs) in new[] { (0, 8, 8), (1, 1, 1), (31, 3, 33), (65, 33, 20), (300, 32, 32), (513, 20, 128), (520, 96, 96), (129, 8, 513) })
        {
            Results expected = Run(CpuDevice.Default, rows, inputs, outputs, rounds: true), actual = Run(device, rows, inputs, outputs, rounds: true);
            Close(expected, actual, KernelAssert.Products, $"{rows} x {inputs} to {outputs}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Rounds_factors_as_the_precision_has_it(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        Results expected = Run(CpuDevice.Default, 257, 64, 48, rounds: false), actual = Run(device, 257, 64, 48, rounds: false);
        Close(expected, actual, KernelAssert.ProductsIn(precision), "rounded");
        if (precision == Precision.Fp32) return;
        Assert.ThrowsAny<Exception>(() => KernelAssert.Close(expected.Output, actual.Output, KernelAssert.Products, "output"));
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Three_runs_give_the_same_bits(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        Results first = Run(device, 900, 24, 40, rounds: false);
        for (int i = 0; i < 2; i++)
        {
            Results again = Run(device, 900, 24, 40, rounds: false);
            KernelAssert.SameBits(first.Output, again.Output, "output");
            KernelAssert.SameBits(first.GradInput, again.GradInput, "gradInput");
            KernelAssert.SameBits(first.GradWeight, again.GradWeight, "gradWeight");
            KernelAssert.SameBits(first.GradBias, again.GradBias, "gradBias");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Many_rows_are_the_cpus(string name)
    {
        Assert.SkipUnless(name == KernelDevices.Gpu, "takes minutes on the emulator");
        using CudaDevice device = KernelDevices.Open(name);
        Close(Run(CpuDevice.Default, 200_000, 32, 32, rounds: true), Run(device, 200_000, 32, 32, rounds: true), KernelAssert.Products, "many rows");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Adds_the_residual_and_nothing_without_a_bias(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] With(Device on)
        {
            using Tensor input = KernelData.On(on, KernelData.Uniform("input", 70 * 12), 70, 12), weight = KernelData.On(on, KernelData.Uniform("weight", 12 * 20), 12, 20);
            using Tensor residual = KernelData.On(on, KernelData.Uniform("residual", 70 * 20), 70, 20), output = on.Memory.Rent(70, 20);
            Linear.Forward(on, input, weight, null, output, residual);
            return output.ToArray();
        }
        KernelAssert.Close(With(CpuDevice.Default), With(device), KernelAssert.Products, "output");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Adds_to_the_gradients_that_are_there(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (float[] GradInput, float[] GradWeight, float[] GradBias) Twice(Device on)
        {
            using Tensor input = KernelData.On(on, KernelData.Uniform("input", 40 * 9), 40, 9), weight = KernelData.On(on, KernelData.Uniform("weight", 9 * 5), 9, 5);
            using Tensor gradOutput = KernelData.On(on, KernelData.Uniform("gradOutput", 40 * 5), 40, 5), gradInput = on.Memory.RentZeros(40, 9);
            using Tensor gradWeight = on.Memory.RentZeros(9, 5), gradBias = on.Memory.RentZeros(1, 5);
            for (int i = 0; i < 2; i++)
            {
                Linear.BackwardInput(on, gradOutput, weight, gradInput, accumulate: true);
                Linear.BackwardWeight(on, input, gradOutput, gradWeight, gradBias);
            }
            return (gradInput.ToArray(), gradWeight.ToArray(), gradBias.ToArray());
        }
        (float[] gradInput, float[] gradWeight, float[] gradBias) = Twice(CpuDevice.Default);
        (float[] kernelGradInput, float[] kernelGradWeight, float[] kernelGradBias) = Twice(device);
        KernelAssert.Close(gradInput, kernelGradInput, KernelAssert.Products, "gradInput");
        KernelAssert.Close(gradWeight, kernelGradWeight, KernelAssert.Products, "gradWeight");
        KernelAssert.Close(gradBias, kernelGradBias, KernelAssert.Products, "gradBias");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Reads_and_writes_columns_of_a_wider_tensor_only(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach (int before in new[] { 3, 4 }) // with rows at odd places, and aligned for copies of four values
        {
            float[] x = KernelData.Uniform("input", 66 * 16), w = KernelData.Uniform("weight", 16 * 24);
            using Tensor weight = KernelData.On(device, w, 16, 24), hostInput = KernelData.On(CpuDevice.Default, x, 66, 16);
            using Tensor hostWeight = KernelData.On(CpuDevice.Default, w, 16, 24), expected = CpuDevice.Default.Memory.Rent(66, 24);
            Linear.Forward(CpuDevice.Default, hostInput, hostWeight, null, expected);
            (Tensor wideInput, Tensor input) = KernelData.Inside(device, x, 66, 16, before);
            (Tensor wideOutput, Tensor output) = KernelData.Inside(device, new float[66 * 24], 66, 24, before);
            using (wideInput)
            using (wideOutput)
            {
                Linear.Forward(device, input, weight, null, output);
                KernelAssert.Close(expected.ToArray(), output.ToArray(), KernelAssert.Products, "output");
                Assert.All(wideOutput.Slice(0, before).ToArray(), value => Assert.Equal(99, value));
                Assert.All(wideOutput.Slice(before + 24, 8).ToArray(), value => Assert.Equal(99, value));
            }
        }
    }

    private static Results Run(Device device, int rows, int inputs, int outputs, bool rounds)
    {
        float[] Values(string purpose, int count) => rounds ? [.. KernelData.Uniform(purpose, count).Select(v => MathF.Round(v * 32) / 32)] : KernelData.Uniform(purpose, count);
        using Tensor input = KernelData.On(device, Values("input", rows * inputs), rows, inputs), weight = KernelData.On(device, Values("weight", inputs * outputs), inputs, outputs);
        using Tensor bias = KernelData.On(device, Values("bias", outputs), 1, outputs), gradOutput = KernelData.On(device, Values("gradOutput", rows * outputs), rows, outputs);
        using Tensor output = device.Memory.Rent(rows, outputs), gradInput = device.Memory.Rent(rows, inputs);
        using Tensor gradWeight = device.Memory.RentZeros(inputs, outputs), gradBias = device.Memory.RentZeros(1, outputs);
        Linear.Forward(device, input, weight, bias, output);
        Linear.BackwardInput(device, gradOutput, weight, gradInput, accumulate: false);
        Linear.BackwardWeight(device, input, gradOutput, gradWeight, gradBias);
        return new Results(output.ToArray(), gradInput.ToArray(), gradWeight.ToArray(), gradBias.ToArray());
    }

    private static void Close(Results expected, Results actual, double tolerance, string what)
    {
        KernelAssert.Close(expected.Output, actual.Output, tolerance, "output of " + what);
        KernelAssert.Close(expected.GradInput, actual.GradInput, tolerance, "gradInput of " + what);
        KernelAssert.Close(expected.GradWeight, actual.GradWeight, tolerance, "gradWeight of " + what);
        KernelAssert.Close(expected.GradBias, actual.GradBias, KernelAssert.Products, "gradBias of " + what);
    }
}
