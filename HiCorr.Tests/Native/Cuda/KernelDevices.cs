using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Emulation;
using HiCorr.Native.Devices;

namespace HiCorr.Tests.Native.Cuda;

/// <summary>What kernel tests run on: the emulator always, a GPU where there is one.</summary>
public static class KernelDevices
{
    public const string Emulator = "emulator", Gpu = "gpu";

    /// <summary>Set to 1 where kernels are to be compiled with the address and undefined-behaviour sanitizers, which the process must have loaded.</summary>
    public const string SanitizeVariable = "HICORR_TEST_SANITIZE";

    /// <summary>Names the one device to test on; the others skip.</summary>
    public const string DeviceVariable = "HICORR_TEST_DEVICE";

    public static TheoryData<string> All { get; } =
        [new TheoryDataRow<string>(Emulator) { Skip = IsWanted(Emulator) ? null : NotAsked }, new TheoryDataRow<string>(Gpu) { Skip = IsWanted(Gpu) ? WhyNoGpu() : NotAsked }];

    /// <summary>Every device with every precision.</summary>
    public static TheoryData<string, Precision> Precisions { get; } =
        [.. from precision in Enum.GetValues<Precision>() from device in All select new TheoryDataRow<string, Precision>(device.Data, precision) { Skip = device.Skip }];

    /// <summary>A device of its own for a test; tensors do not share memory, so that a checker sees every access beside one.</summary>
    public static CudaDevice Open(string name, Precision precision = Precision.Fp32)
    {
        if (name == Gpu)
        {
            (ICudaDriver driver, IKernelCompiler kernels) = CudaDrivers.Open();
            return new CudaDevice(driver, kernels, precision);
        }
        var compiler = new EmulatorCompiler(EmulatorCompiler.FindSources(), Environment.GetEnvironmentVariable(SanitizeVariable) == "1");
        return new CudaDevice(new EmulatorDriver(), compiler, precision, sharesMemory: false);
    }

    private static string NotAsked => $"{DeviceVariable} names another device";

    private static bool IsWanted(string device) => Environment.GetEnvironmentVariable(DeviceVariable) is not { Length: > 0 } only || only == device;

    private static string? WhyNoGpu()
    {
        try
        {
            CudaDrivers.Open().Driver.Dispose();
            return null;
        }
        catch (DeviceException missing)
        {
            return $"no GPU: {missing.Message}";
        }
    }
}
