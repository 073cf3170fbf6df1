using HiCorr.Pipeline.Reports;
using HiCorr.Tests.Native.Cuda;
using HiCorr.Tests.Native.Cuda.Compilation;

namespace HiCorr.Tests.Reports;

[Collection(nameof(FakeCuda))]
public sealed class MachineReportTests(FakeCuda fake)
{
    [Fact]
    public void Machine_without_driver_and_compiler_is_told_what_is_needed()
    {
        var report = MachineReport.Make("libno-such-cuda.so", "libno-such-nvrtc.so", "libcuda");

        Assert.False(report.Cuda.Driver.Found || report.Cuda.Compiler.Found);
        OptionStatus option = Find(report, "--device cuda");
        Assert.False(option.Works);
        Assert.Contains("libno-such-cuda.so cannot be loaded", option.Obstacle, StringComparison.Ordinal);
        Assert.True(Find(report, "--device cpu").Works);
        Assert.Contains("GPU                       none\n", report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Machine_with_everything_runs_kernels()
    {
        Nvrtc.SkipWithout();
        fake.Reset();

        var report = MachineReport.Make(fake.Library, driver: "libcuda");

        Assert.True(Find(report, "--device cuda").Works, Find(report, "--device cuda").Obstacle);
        Assert.Contains($"CUDA 12.4 ({fake.Library})", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("GPU 0                     Fake GPU, sm_90, 132 multiprocessors, 1.0 GiB\n", report.ToText(), StringComparison.Ordinal);
        Assert.Equal(0, fake.Live);
    }

    [Fact]
    public void Gpu_without_a_compiler_runs_none()
    {
        fake.Reset();

        var report = MachineReport.Make(fake.Library, "libno-such-nvrtc.so", "libcuda");

        Assert.Contains("libno-such-nvrtc.so cannot be loaded", Find(report, "--device cuda").Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_without_a_gpu_runs_none()
    {
        fake.Reset();
        fake.SetDevices(0);

        var report = MachineReport.Make(fake.Library, driver: "libcuda");

        Assert.True(report.Cuda.Driver.Found);
        Assert.Contains("finds no GPU", Find(report, "--device cuda").Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Emulator_needs_nothing()
    {
        var report = MachineReport.Make("libno-such-cuda.so", "libno-such-nvrtc.so", "emulator");

        Assert.True(Find(report, "--device cuda").Works);
        Assert.Contains("the emulator", report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_of_no_known_name_is_part_of_the_report()
    {
        fake.Reset();

        var report = MachineReport.Make(fake.Library, driver: "libcuda2");

        Assert.Contains("'libcuda2' is unknown", Find(report, "--device cuda").Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_that_fails_is_part_of_the_report()
    {
        fake.Reset();
        fake.Fail("cuInit", 1);

        var report = MachineReport.Make(fake.Library, driver: "libcuda");

        Assert.Contains("cuInit: CUDA_ERROR_FAKE (1)", report.Cuda.Driver.Problem, StringComparison.Ordinal);
    }

    private static OptionStatus Find(MachineReport report, string option) => report.Options.Single(status => status.Option == option);
}
