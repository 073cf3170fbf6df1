using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gelu;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class GeluKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Forward_and_backward_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns) in new[] { (0, 8), (1, 1), (3, 257), (64, 96) })
        {
            float[] x = [.. KernelData.Uniform("x", rows * columns).Select(v => 6 * v)], gradient = KernelData.Uniform("gradient", rows * columns);
            (float[] y, float[] gradX) = Run(CpuDevice.Default, x, gradient, rows, columns);
            (float[] kernelY, float[] kernelGradX) = Run(device, x, gradient, rows, columns);
            KernelAssert.Close(y, kernelY, KernelAssert.Elementwise, $"y of {rows} x {columns}");
            KernelAssert.Close(gradX, kernelGradX, KernelAssert.Elementwise, $"gradX of {rows} x {columns}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Works_in_place_and_on_some_columns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] x = KernelData.Uniform("x", 5 * 12);
        (float[] y, _) = Run(CpuDevice.Default, x, x, 5, 12);
        (Tensor whole, Tensor view) = KernelData.Inside(device, x, 5, 12);
        using (whole)
        {
            Gelu.Forward(device, view, view);
            KernelAssert.Close(y, view.ToArray(), KernelAssert.Elementwise, "y in place");
            Assert.All(whole.Slice(0, 4).ToArray(), value => Assert.Equal(99, value));
            Assert.All(whole.Slice(16, 8).ToArray(), value => Assert.Equal(99, value));
        }
    }

    private static (float[] Y, float[] GradX) Run(Device device, float[] x, float[] gradient, int rows, int columns)
    {
        using Tensor input = KernelData.On(device, x, rows, columns), grad = KernelData.On(device, gradient, rows, columns), y = device.Memory.Rent(rows, columns);
        Gelu.Forward(device, input, y);
        Gelu.Backward(device, input, grad, grad);
        return (y.ToArray(), grad.ToArray());
    }
}
