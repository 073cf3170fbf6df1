using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Tests.Native.Cuda;

[Collection(nameof(FakeCuda))]
public sealed class LibCudaTests(FakeCuda fake)
{
    [Fact]
    public void Missing_library_is_named_with_the_way_out()
    {
        DeviceException error = Assert.Throws<DeviceException>(() => LibCuda.Load("libno-such-cuda.so.1"));

        Assert.Contains("libno-such-cuda.so.1 cannot be loaded", error.Message, StringComparison.Ordinal);
        Assert.Contains("HICORR_LIBCUDA", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_that_is_no_driver_is_refused()
    {
        DeviceException error = Assert.Throws<DeviceException>(() => LibCuda.Load("libm.so.6"));

        Assert.Contains("lacks the function cuDriverGetVersion", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_driver_is_refused_with_both_versions()
    {
        fake.Reset();
        fake.SetVersion(10020);

        DeviceException error = Assert.Throws<DeviceException>(() => LibCuda.Load(fake.Library));

        Assert.Contains("speaks CUDA 10.2, HiCorr needs 11.4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_version_and_file()
    {
        fake.Reset();

        LibCuda cuda = LibCuda.Load(fake.Library);

        Assert.Equal(12040, cuda.Version);
        Assert.Equal(fake.Library, cuda.Path);
    }

    [Fact]
    public void Machine_without_a_gpu_is_told_so()
    {
        fake.Reset();
        fake.SetDevices(0);

        DeviceException error = Assert.Throws<DeviceException>(() => new NvidiaDriver(0, fake.Library));

        Assert.Contains("finds no GPU", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, fake.Live);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Gpu_that_is_not_there_is_refused_with_the_count(int index)
    {
        fake.Reset();
        fake.SetDevices(2);

        DeviceException error = Assert.Throws<DeviceException>(() => new NvidiaDriver(index, fake.Library));

        Assert.Contains($"no GPU {index}: the CUDA driver finds 2, counted from 0. Give 0 to 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_devices_without_taking_their_contexts()
    {
        fake.Reset();
        fake.SetDevices(2);

        CudaProperties[] devices = [.. NvidiaDriver.Devices(LibCuda.Load(fake.Library))];

        Assert.Equal([new CudaProperties("Fake GPU", 9, 0, 132, 1L << 30, 12040), new CudaProperties("Fake GPU", 9, 0, 132, 1L << 30, 12040)], devices);
        Assert.Equal("sm_90", devices[0].Architecture);
        Assert.Equal(0, fake.Live);
    }
}
