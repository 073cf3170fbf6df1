using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Stages.Bench;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Stages.Bench;

public sealed class NetworkBenchmarkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Counts_the_arithmetic_of_the_pairs_that_exist()
    {
        string path = _folder.PathOf("one.npy");
        NpyWriter.Write<int>(path, [-5, 7, 100], 1, 3);
        using var device = new CpuDevice(1);

        NetworkTimes times = NetworkBenchmark.Run(path, device, 1, profile: true, CancellationToken.None);

        // One voxel on every level: the centre of each 3x3x3 kernel, one index of each 2x2x2 one, the shortcuts and the head.
        long stem = 3 * 32, head = 96 * 512;
        long down = (32 * 32) + (32 * 32) + (64 * 64) + (128 * 128);
        long up = (256 * 128) + (128 * 128) + (128 * 96) + (96 * 96);
        long blocks = (2 * 32 * 32) + (32 * 64 * 2) + (64 * 64) + (64 * 128 * 2) + (128 * 128) + (128 * 256 * 2) + (256 * 256)
            + (256 * 128 * 2) + (128 * 128) + (192 * 128 * 2) + (128 * 128) + (2 * ((128 * 96 * 2) + (96 * 96)));
        Assert.Equal(2e-9 * (stem + head + down + up + blocks), times.UsefulGflop, 1e-12);
        Assert.True(times is { InferenceSeconds: > 0, TrainStepSeconds: > 0, FmaPeakGflops: > 0, PeakMemoryBytes: > 90_000_000, Voxels: 1 });
        Assert.NotNull(times.Parts);
        Assert.Equal(times.UsefulGflop, times.Parts.Where(part => part.Op.EndsWith("forward", StringComparison.Ordinal)).Sum(part => part.Gflop), 1e-12);
    }

    [Fact]
    public void Times_a_cuda_device_by_its_events_against_its_own_peak()
    {
        string path = _folder.PathOf("one.npy");
        NpyWriter.Write<int>(path, [-5, 7, 100], 1, 3);
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator, Precision.Bf16);

        NetworkTimes times = NetworkBenchmark.Run(path, device, 1, profile: false, CancellationToken.None);

        Assert.Equal(("emulator", "bf16"), (times.Device, times.Arithmetic));
        Assert.True(times is { InferenceSeconds: > 0, TrainStepSeconds: > 0, FmaPeakGflops: > 0, ProcessorEfficiency: null, Voxels: 1 });
    }

    [Fact]
    public void A_file_without_voxels_is_refused()
    {
        string path = _folder.PathOf("none.npy");
        NpyWriter.Write<int>(path, [], 0, 3);
        using var device = new CpuDevice(1);

        Assert.Throws<InputException>(() => NetworkBenchmark.Run(path, device, 1, profile: false, CancellationToken.None));
    }
}
