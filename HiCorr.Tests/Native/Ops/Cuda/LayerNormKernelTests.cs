using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LayerNorm;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class LayerNormKernelTests
{
    private static readonly string[] s_results = ["y", "statistics", "y again", "gradX", "gradWeight", "gradBias"];

    // Rows around a block of 8 warps and around a block of sums; channels around a warp's, with and without loads of 16 bytes.
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Outputs_and_gradients_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in new[] { (0, 8), (1, 3), (2, 8), (7, 31), (9, 33), (257, 32), (5, 128), (3, 132), (20, 384) })
            foreach ((bool accumulate, int before) in new[] { (false, 0), (true, 4), (true, 3) })
            {
                float[][] expected = Run(CpuDevice.Default, rows, columns, accumulate, before), actual = Run(device, rows, columns, accumulate, before);
                for (int i = 0; i < expected.Length; i++)
                    KernelAssert.Close(expected[i], actual[i], KernelAssert.Elementwise, $"{s_results[i]} of {rows} x {columns}, accumulate {accumulate}");
            }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void One_channel_is_the_bias(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using Tensor x = KernelData.On(device, [3, -7], 2, 1), weight = KernelData.On(device, [2], 1, 1), bias = KernelData.On(device, [0.25f], 1, 1);
        using Tensor statistics = device.Memory.Rent(2, 2);

        LayerNorm.Forward(device, x, weight, bias, statistics, x);

        Assert.Equal([0.25f, 0.25f], x.ToArray());
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
    public void Three_runs_give_the_same_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (int rows, int columns) = name == KernelDevices.Gpu ? (50_000, 384) : (1000, 96);
        float[][] cpu = Run(CpuDevice.Default, rows, columns, accumulate: false, 0), expected = Run(device, rows, columns, accumulate: false, 0);
        for (int run = 0; run < 2; run++)
        {
            float[][] again = Run(device, rows, columns, accumulate: false, 0);
            for (int i = 0; i < expected.Length; i++) KernelAssert.SameBits(expected[i], again[i], s_results[i]);
        }
        for (int i = 0; i < expected.Length; i++) KernelAssert.Close(cpu[i], expected[i], KernelAssert.Elementwise, s_results[i]);
    }

    /// <summary>In the order of <see cref="s_results"/>; matrices lie in wider ones, <paramref name="before"/> columns from their start.</summary>
    private static float[][] Run(Device device, int rows, int columns, bool accumulate, int before)
    {
        (Tensor wholeX, Tensor x) = KernelData.Inside(device, Shifted("x", rows * columns), rows, columns, before, 8);
        (Tensor wholeGrad, Tensor gradOutput) = KernelData.Inside(device, KernelData.Uniform("gradient", rows * columns), rows, columns, 4, 4);
        using (wholeX)
        using (wholeGrad)
        {
            using Tensor weight = KernelData.On(device, Shifted("weight", columns), 1, columns), bias = KernelData.On(device, KernelData.Uniform("bias", columns), 1, columns);
            using Tensor gradWeight = KernelData.On(device, KernelData.Uniform("on weight", columns), 1, columns), gradBias = KernelData.On(device, KernelData.Uniform("on bias", columns), 1, columns);
            using Tensor statistics = device.Memory.Rent(rows, 2), y = device.Memory.Rent(rows, columns), again = device.Memory.Rent(rows, columns);
            using Tensor gradX = KernelData.On(device, KernelData.Uniform("on x", rows * columns), rows, columns);
            LayerNorm.Forward(device, x, weight, bias, statistics, y);
            LayerNorm.Apply(device, x, weight, bias, statistics, again);
            LayerNorm.Backward(device, x, statistics, weight, gradOutput, gradWeight, gradBias, gradX, accumulate);
            return [y.ToArray(), statistics.ToArray(), again.ToArray(), gradX.ToArray(), gradWeight.ToArray(), gradBias.ToArray()];
        }
    }

    private static float[][] InPlace(Device device)
    {
        const int Rows = 30, Columns = 40;
        (Tensor whole, Tensor view) = KernelData.Inside(device, Shifted("x", Rows * Columns), Rows, Columns);
        (Tensor wholeGrad, Tensor grad) = KernelData.Inside(device, KernelData.Uniform("gradient", Rows * Columns), Rows, Columns, 1, 2);
        using (whole)
        using (wholeGrad)
        {
            using Tensor weight = KernelData.On(device, KernelData.Uniform("weight", Columns), 1, Columns), bias = KernelData.On(device, KernelData.Uniform("bias", Columns), 1, Columns);
            using Tensor gradWeight = device.Memory.RentZeros(1, Columns), gradBias = device.Memory.RentZeros(1, Columns), statistics = device.Memory.Rent(Rows, 2);
            using Tensor y = device.Memory.Rent(Rows, Columns);
            LayerNorm.Forward(device, view, weight, bias, statistics, y);
            LayerNorm.Backward(device, view, statistics, weight, grad, gradWeight, gradBias, grad, accumulate: false);
            LayerNorm.Apply(device, view, weight, bias, statistics, view);
            return [whole.ToArray(), wholeGrad.ToArray()];
        }
    }

    /// <summary>Values in [0.5, 2.5): a mean that is not zero.</summary>
    private static float[] Shifted(string purpose, int count) => [.. KernelData.Uniform(purpose, count).Select(value => value + 1.5f)];
}
