using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Argmax;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class ArgmaxKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Labels_are_the_cpus_and_confidence_is_near(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in new[] { (0, 8), (1, 1), (7, 255), (63, 31), (64, 32), (65, 33), (2001, 20), (name == KernelDevices.Gpu ? 200_000 : 3, 13) })
        {
            // In steps of 1/4, so that many rows have several best.
            float[] values = [.. KernelData.Uniform("scores", rows * columns).Select(v => MathF.Round(12 * v) / 4)];
            using Tensor scores = KernelData.On(device, values, rows, columns), onCpu = KernelData.On(CpuDevice.Default, values, rows, columns);
            AssertSame(Run(CpuDevice.Default, onCpu), Run(device, scores), $"{rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Reads_some_columns_only(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] values = KernelData.Uniform("scores", 9 * 5);
        using Tensor onCpu = KernelData.On(CpuDevice.Default, values, 9, 5);
        (Tensor whole, Tensor view) = KernelData.Inside(device, values, 9, 5);
        using (whole) AssertSame(Run(CpuDevice.Default, onCpu), Run(device, view), "a view");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Ranks_zeros_infinities_and_what_is_no_number_as_the_cpu_does(string name)
    {
        const float Inf = float.PositiveInfinity, NaN = float.NaN;
        float[] values = [-0f, 0, -1, 0, -0f, -1, NaN, 1, 2, 1, NaN, 2, -Inf, NaN, -Inf, -Inf, NaN, 3, Inf, 1, Inf, -3, -2, -1, NaN, NaN, NaN];
        using CudaDevice device = KernelDevices.Open(name);
        using Tensor scores = KernelData.On(device, values, 9, 3), onCpu = KernelData.On(CpuDevice.Default, values, 9, 3);
        (byte[] labels, float[] confidence) = Run(CpuDevice.Default, onCpu);
        (byte[] kernelLabels, float[] kernelConfidence) = Run(device, scores);
        Assert.Equal(labels, kernelLabels);
        Assert.Equal(confidence, kernelConfidence, (x, y) => (float.IsNaN(x) && float.IsNaN(y)) || MathF.Abs(x - y) < 1e-6f);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_have_the_same_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using Tensor scores = KernelData.On(device, KernelData.Uniform("scores", 500 * 40), 500, 40);
        (byte[] labels, float[] confidence) = Run(device, scores);
        for (int run = 1; run < 3; run++)
        {
            (byte[] again, float[] confidenceAgain) = Run(device, scores);
            Assert.Equal(labels, again);
            KernelAssert.SameBits(confidence, confidenceAgain, "confidence");
        }
    }

    private static void AssertSame((byte[] Labels, float[] Confidence) expected, (byte[] Labels, float[] Confidence) actual, string what)
    {
        Assert.Equal(expected.Labels, actual.Labels);
        KernelAssert.Close(expected.Confidence, actual.Confidence, KernelAssert.Elementwise, $"confidence of {what}");
    }

    private static (byte[] Labels, float[] Confidence) Run(Device device, Tensor scores)
    {
        byte[] labels = new byte[scores.Rows];
        float[] confidence = new float[scores.Rows];
        Argmax.Forward(device, scores, labels, confidence);
        return (labels, confidence);
    }
}
