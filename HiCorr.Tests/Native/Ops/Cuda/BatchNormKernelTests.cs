using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class BatchNormKernelTests
{
    // One more and one less than a block of sums, channels with and without loads of 16 bytes, more channels than a block has threads.
    private static readonly (int Rows, int Columns)[] s_shapes = [(0, 8), (1, 3), (2, 1), (255, 8), (257, 33), (600, 32), (3, 260), (2, 1028)];

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Statistics_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in s_shapes)
        {
            float[][] expected = Statistics(CpuDevice.Default, rows, columns), actual = Statistics(device, rows, columns);
            foreach ((string what, int i) in new[] { ("statistics", 0), ("mean", 1), ("variance", 2), ("statistics in evaluation", 3) })
                KernelAssert.Close(expected[i], actual[i], KernelAssert.Elementwise, $"{what} of {rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Outputs_and_gradients_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in s_shapes)
            foreach ((bool relu, bool residual, bool training, int before) in new[] { (false, false, true, 0), (true, true, true, 4), (true, false, false, 3) })
            {
                float[][] expected = Run(CpuDevice.Default, rows, columns, relu, residual, training, before), actual = Run(device, rows, columns, relu, residual, training, before);
                foreach ((string what, int i) in new[] { ("y", 0), ("gradX", 1), ("gradient of the residual", 2), ("gradWeight", 3), ("gradBias", 4) })
                    KernelAssert.Close(expected[i], actual[i], KernelAssert.Elementwise, $"{what} of {rows} x {columns}, relu {relu}, residual {residual}, training {training}");
            }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Works_in_place_and_beside_other_columns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[][] expected = InPlace(CpuDevice.Default), actual = InPlace(device);
        KernelAssert.Close(expected[0], actual[0], KernelAssert.Elementwise, "y in x, and what lies beside it");
        KernelAssert.Close(expected[1], actual[1], KernelAssert.Elementwise, "gradX in gradOutput, and what lies beside it");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Relu_keeps_what_is_not_a_number(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using Tensor x = KernelData.On(device, [float.NaN, -1, 2, 0], 1, 4), ones = KernelData.On(device, [1, 1, 1, 1], 1, 4), zeros = KernelData.On(device, new float[4], 1, 4);
        using Tensor statistics = KernelData.On(device, [0, 0, 0, 0, 1, 1, 1, 1], 2, 4);

        BatchNorm.Apply(device, x, statistics, ones, zeros, null, relu: true, x);

        Assert.Equal([float.NaN, 0, 2, 0], x.ToArray());
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_give_the_same_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int rows = name == KernelDevices.Gpu ? 200_000 : 3000;
        float[][] expected = Run(device, rows, 32, relu: true, residual: true, training: true, before: 0);
        for (int run = 0; run < 2; run++)
        {
            float[][] again = Run(device, rows, 32, relu: true, residual: true, training: true, before: 0);
            for (int i = 0; i < expected.Length; i++) KernelAssert.SameBits(expected[i], again[i], $"result {i}");
        }
        float[][] cpu = Run(CpuDevice.Default, rows, 32, relu: true, residual: true, training: true, before: 0);
        for (int i = 0; i < expected.Length; i++) KernelAssert.Close(cpu[i], expected[i], KernelAssert.Elementwise, $"result {i}");
    }

    private static float[][] Statistics(Device device, int rows, int columns)
    {
        (Tensor whole, Tensor x) = KernelData.Inside(device, Shifted("x", rows * columns), rows, columns);
        using (whole)
        {
            using Tensor statistics = device.Memory.Rent(2, columns), evaluation = device.Memory.Rent(2, columns);
            using Tensor mean = KernelData.On(device, KernelData.Uniform("mean", columns), 1, columns), variance = KernelData.On(device, Shifted("variance", columns), 1, columns);
            BatchNorm.BatchStatistics(device, x, statistics, mean, variance, 0.1f);
            BatchNorm.RunningStatistics(device, evaluation, mean, variance);
            return [statistics.ToArray(), mean.ToArray(), variance.ToArray(), evaluation.ToArray()];
        }
    }

    /// <summary>y, gradX, the masked gradOutput, gradWeight, gradBias; matrices lie in wider ones, <paramref name="before"/> columns from their start.</summary>
    private static float[][] Run(Device device, int rows, int columns, bool relu, bool residual, bool training, int before)
    {
        (Tensor wholeX, Tensor x) = KernelData.Inside(device, Shifted("x", rows * columns), rows, columns, before, 8);
        (Tensor wholeGrad, Tensor gradOutput) = KernelData.Inside(device, KernelData.Uniform("gradient", rows * columns), rows, columns, 4, 8);
        using (wholeX)
        using (wholeGrad)
        {
            using Tensor added = KernelData.On(device, KernelData.Uniform("residual", rows * columns), rows, columns);
            using Tensor weight = KernelData.On(device, KernelData.Uniform("weight", columns), 1, columns), bias = KernelData.On(device, KernelData.Uniform("bias", columns), 1, columns);
            using Tensor gradWeight = KernelData.On(device, KernelData.Uniform("on weight", columns), 1, columns), gradBias = KernelData.On(device, KernelData.Uniform("on bias", columns), 1, columns);
            using Tensor statistics = device.Memory.Rent(2, columns), mean = device.Memory.RentZeros(1, columns), variance = KernelData.On(device, Shifted("variance", columns), 1, columns);
            using Tensor y = device.Memory.Rent(rows, columns), gradX = device.Memory.Rent(rows, columns);
            if (training) BatchNorm.BatchStatistics(device, x, statistics, mean, variance, 0.1f);
            else BatchNorm.RunningStatistics(device, statistics, mean, variance);
            BatchNorm.Apply(device, x, statistics, weight, bias, residual ? added : null, relu, y);
            BatchNorm.Backward(device, x, relu ? y : null, statistics, weight, training, gradOutput, masksGradOutput: residual, gradWeight, gradBias, gradX);
            return [y.ToArray(), gradX.ToArray(), gradOutput.ToArray(), gradWeight.ToArray(), gradBias.ToArray()];
        }
    }

    private static float[][] InPlace(Device device)
    {
        const int Rows = 70, Columns = 12;
        (Tensor whole, Tensor view) = KernelData.Inside(device, Shifted("x", Rows * Columns), Rows, Columns);
        (Tensor wholeGrad, Tensor grad) = KernelData.Inside(device, KernelData.Uniform("gradient", Rows * Columns), Rows, Columns, 1, 2);
        using (whole)
        using (wholeGrad)
        {
            using Tensor weight = KernelData.On(device, KernelData.Uniform("weight", Columns), 1, Columns), bias = KernelData.On(device, KernelData.Uniform("bias", Columns), 1, Columns);
            using Tensor sums = device.Memory.RentZeros(1, Columns), mean = device.Memory.RentZeros(1, Columns), variance = device.Memory.RentZeros(1, Columns);
            using Tensor statistics = device.Memory.Rent(2, Columns);
            BatchNorm.BatchStatistics(device, view, statistics, mean, variance, 0.1f);
            BatchNorm.Backward(device, view, null, statistics, weight, training: true, grad, masksGradOutput: false, sums, sums, grad);
            BatchNorm.Apply(device, view, statistics, weight, bias, null, relu: true, view);
            return [whole.ToArray(), wholeGrad.ToArray()];
        }
    }

    /// <summary>Values in [0.5, 2.5): a mean that is not zero.</summary>
    private static float[] Shifted(string purpose, int count) => [.. KernelData.Uniform(purpose, count).Select(value => value + 1.5f)];
}
