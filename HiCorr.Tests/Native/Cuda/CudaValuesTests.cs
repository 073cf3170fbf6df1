using HiCorr.Native.Cuda;

namespace HiCorr.Tests.Native.Cuda;

public sealed class CudaValuesTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Go_to_the_device_and_come_back(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using var values = new CudaValues<ushort>(device, (ReadOnlySpan<ushort>)[1, 2, ushort.MaxValue]);
        ushort[] copy = new ushort[3];
        values.CopyTo(copy);
        Assert.Equal([1, 2, ushort.MaxValue], copy);

        values.Clear();
        values.CopyTo(copy);
        Assert.Equal([0, 0, 0], copy);
    }

    [Fact]
    public void Refuse_a_copy_of_another_length()
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator);
        using var values = new CudaValues<long>(device, 3);
        Assert.Throws<ArgumentException>(() => values.CopyTo(new long[2]));
    }

    [Fact]
    public void Give_their_memory_back_once()
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator);
        long before = device.Memory.BytesInUse;
        var values = new CudaValues<double>(device, 5);
        Assert.Equal(before + 40, device.Memory.BytesInUse);
        values.Dispose();
        values.Dispose();
        Assert.Equal(before, device.Memory.BytesInUse);
        Assert.Throws<ObjectDisposedException>(() => values.CopyTo(new double[5]));
    }
}
