using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Models.Cuda;

/// <summary>Whole networks: loss and the gradient of every parameter on a CUDA device against the CPU's.</summary>
public sealed class NetworkKernelTests
{
    private const int Classes = 5, Width = 24, Voxels = 180;

    /// <summary>
    /// A sum that changes in its last bits can cross a ReLU's kink, after which gradients differ by far more than rounding. The CPU tells how much this
    /// batch amplifies: moved by as little as one rounding, its own gradients must stay well inside the tolerance, or the comparison means nothing.
    /// </summary>
    private const double Tolerance = 5e-5, OwnChange = 2e-5;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void A_training_step_of_the_network_has_the_cpus_loss_gradients_and_statistics(string name)
    {
        Step expected = TrainNetwork(CpuDevice.Default, 0), moved = TrainNetwork(CpuDevice.Default, 6e-8f);
        using CudaDevice device = KernelDevices.Open(name);
        Step actual = TrainNetwork(device, 0);

        KernelAssert.Close(expected.Loss, actual.Loss, 1e-5, "the loss");
        AssertClose(expected, moved, OwnChange);
        AssertClose(expected, actual, Tolerance);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Inference_has_the_cpus_features(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        KernelAssert.Close(Predict(CpuDevice.Default), Predict(device), Tolerance, "the features");
    }

    [Theory]
    [InlineData(CorrelationBlockKind.Vit)]
    [InlineData(CorrelationBlockKind.Linear)]
    public void A_transformer_has_the_cpus_gradients(CorrelationBlockKind kind)
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator);
        AssertClose(TrainTransformer(CpuDevice.Default, kind), TrainTransformer(device, kind), Tolerance);
    }

    private static void AssertClose(Step expected, Step actual, double tolerance)
    {
        foreach ((string parameter, float[] values) in expected.Values) KernelAssert.Close(values, actual.Values[parameter], tolerance, parameter);
    }

    private static float[] Predict(Device device)
    {
        using var network = new MinkUNet14A(device, 3, Width, seed: 2);
        using VoxelLevels voxels = Cloud(device);
        using Tensor features = Features(device, voxels, 0), output = network.Forward(voxels, features, training: false);
        return output.ToArray();
    }

    private static Step TrainNetwork(Device device, float shift)
    {
        using var network = new MinkUNet14A(device, 3, Width, seed: 2);
        using var optimiser = new Sgd(device, network.Parameters);
        using VoxelLevels voxels = Cloud(device);
        using Tensor features = Features(device, voxels, shift), text = KernelData.On(device, KernelData.Uniform("text", Classes * Width), Classes, Width);
        using Tensor output = network.Forward(voxels, features, training: true);
        RowLabels labels = RowLabels.PerRow([.. Enumerable.Range(0, output.Rows).Select(i => i % 7 < Classes ? i % 7 : RowLabels.Ignored)], Classes);
        double loss = CrossEntropy.AgainstText(device, output, text, null, labels, output);
        network.Backward(output);
        var values = network.Parameters.ToDictionary(p => "gradient of " + p.Name, p => p.Gradient.ToArray());
        foreach (StateBuffer buffer in network.Buffers) values.Add(buffer.Name, buffer.Value.ToArray());
        optimiser.Step(0.1);
        foreach (Parameter parameter in network.Parameters) values.Add(parameter.Name + " after the step", parameter.Value.ToArray());
        return new Step(loss, values);
    }

    private static Step TrainTransformer(Device device, CorrelationBlockKind kind)
    {
        using var transformer = new CorrelationTransformer(device, "t", Width, kind, heads: 3, hasPosition: true);
        RowSegments segments = RowSegments.FromLengths(20, 0, 45);
        using Tensor features = KernelData.On(device, KernelData.Uniform("tokens", 65 * Width), 65, Width), positions = KernelData.On(device, KernelData.Uniform("places", 65 * 3), 65, 3);
        using Tensor text = KernelData.On(device, KernelData.Uniform("text", Classes * Width), Classes, Width), output = transformer.Forward(features, positions, segments, training: true);
        double loss = CrossEntropy.AgainstText(device, output, text, null, RowLabels.PerRow([.. Enumerable.Range(0, 65).Select(i => i % Classes)], Classes), output);
        transformer.Backward(output);
        var values = transformer.Parameters.ToDictionary(p => "gradient of " + p.Name, p => p.Gradient.ToArray());
        values.Add("gradient of the features", output.ToArray());
        return new Step(loss, values);
    }

    private static Tensor Features(Device device, VoxelLevels voxels, float shift) =>
        KernelData.On(device, [.. KernelData.Uniform("features", voxels[0].Count * 3).Select(value => value * (1 + shift))], voxels[0].Count, 3);

    /// <summary>Two batch items, as dense as voxels near surfaces.</summary>
    private static VoxelLevels Cloud(Device device)
    {
        var random = new CounterRandom(1, "cloud");
        int[] rows = new int[4 * Voxels];
        for (int i = 0; i < rows.Length; i++) rows[i] = i % 4 == 0 ? i / 4 % 2 : random.Integer((ulong)i, i % 4 == 3 ? 20 : 40) - 9;
        return VoxelLevels.Build(device, rows, MinkUNet14A.Levels);
    }

    private sealed record Step(double Loss, Dictionary<string, float[]> Values);
}
