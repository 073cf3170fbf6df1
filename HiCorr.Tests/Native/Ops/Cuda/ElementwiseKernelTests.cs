using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Elementwise;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class ElementwiseKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Sums_have_the_cpus_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (int, int)[] cases = [(0, 8), (1, 1), (7, 3), (5, 4), (255, 8), (257, 33), (2000, 32)];
        if (name == KernelDevices.Gpu) cases = [.. cases, (200_000, 32)];
        foreach ((int rows, int columns) in cases)
        {
            float[] expected = Sum(CpuDevice.Default, rows, columns);
            for (int run = 0; run < 3; run++) KernelAssert.SameBits(expected, Sum(device, rows, columns), $"run {run} of {rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Adds_some_columns_to_others_whether_they_are_aligned_or_not(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] x = KernelData.Uniform("x", 9 * 8), to = KernelData.Uniform("to", 9 * 8);
        foreach (int before in new[] { 3, 4 })
        {
            (Tensor wholeX, Tensor viewX) = KernelData.Inside(device, x, 9, 8);
            (Tensor whole, Tensor view) = KernelData.Inside(device, to, 9, 8, before);
            using (wholeX)
            using (whole)
            {
                Elementwise.Add(device, viewX, view);
                KernelAssert.SameBits([.. x.Zip(to, (a, b) => a + b)], view.ToArray(), $"sum behind {before} columns");
                Assert.All(whole.Slice(0, before).ToArray(), value => Assert.Equal(99, value));
                Assert.All(whole.Slice(before + 8, 8).ToArray(), value => Assert.Equal(99, value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void A_tensor_added_to_itself_doubles(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] x = KernelData.Uniform("x", 3 * 8);
        using Tensor tensor = KernelData.On(device, x, 3, 8);
        Elementwise.Add(device, tensor, tensor);
        Assert.Equal([.. x.Select(value => 2 * value)], tensor.ToArray());
    }

    private static float[] Sum(Device device, int rows, int columns)
    {
        using Tensor x = KernelData.On(device, KernelData.Uniform("x", rows * columns), rows, columns), to = KernelData.On(device, KernelData.Uniform("to", rows * columns), rows, columns);
        Elementwise.Add(device, x, to);
        return to.ToArray();
    }
}
