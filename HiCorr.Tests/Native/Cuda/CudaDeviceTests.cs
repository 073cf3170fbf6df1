using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Emulation;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gelu;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Cuda;

public sealed class CudaDeviceTests
{
    [Fact]
    public void Gives_everything_back_to_its_driver()
    {
        var driver = new EmulatorDriver();
        using (var device = new CudaDevice(driver, new EmulatorCompiler(EmulatorCompiler.FindSources())))
        {
            using Tensor x = KernelData.On(device, KernelData.Uniform("x", 100), 10, 10);
            Gelu.Forward(device, x, x);
            Assert.NotEqual(default, driver.Live);
        }
        Assert.Equal(default, driver.Live);
    }

    [Fact]
    public void Memory_beyond_the_limit_is_an_error_that_names_sizes_and_the_way_out()
    {
        using var device = new CudaDevice(new EmulatorDriver(), new EmulatorCompiler(EmulatorCompiler.FindSources()), sharesMemory: false, memoryLimit: 10L << 20);
        using Tensor first = device.Memory.Rent(1 << 20, 2);

        string message = Assert.Throws<DeviceException>(() => device.Memory.Rent(1 << 20, 1)).Message;

        Assert.Contains("4 MiB more are wanted, and 8 of the 10 MiB that compute.memory allows are taken", message, StringComparison.Ordinal);
        first.Dispose();
        device.Memory.Rent(1 << 20, 1).Dispose();
    }

    [Fact]
    public void Values_of_a_tensor_on_a_device_are_not_read_in_place()
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator);
        using Tensor x = KernelData.On(device, [1, 2, 3, 4], 2, 2);

        Assert.Throws<InvalidOperationException>(() => x.Row(0)[0]);
        Assert.Throws<InvalidOperationException>(() => x.Span[0]);
        Assert.Equal([1f, 2, 3, 4], x.ToArray());
    }

    [Fact]
    public void Tensor_moved_to_the_host_is_given_back_on_the_device()
    {
        var driver = new EmulatorDriver();
        using var device = new CudaDevice(driver, new EmulatorCompiler(EmulatorCompiler.FindSources()), sharesMemory: false);
        EmulatorCounts before = driver.Live;

        using Tensor moved = device.MoveToHost(KernelData.On(device, [1, 2, 3, 4], 2, 2));

        Assert.Equal([1f, 2, 3, 4], moved.Span.ToArray());
        Assert.Equal(before, driver.Live);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Has_a_peak_in_every_precision(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        Assert.True(CudaPeak.Measure(device) > 0);
    }
}
