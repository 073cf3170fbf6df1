using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Compute;

/// <summary>What networks run on, as the configuration's section <c>compute</c> has it; opened when it is first asked for.</summary>
public sealed class ComputeDevice(ComputeConfiguration configuration) : IDisposable
{
    private readonly Lazy<Device> _device = new(() => Open(configuration));

    /// <exception cref="DeviceException">A GPU is insisted on, and there is none that works.</exception>
    public Device Device => _device.Value;

    /// <summary>What results depend on beside their inputs: null on the processor, else the kind of device and its precision.</summary>
    public string? KeyPart => configuration.Device == "cpu" || Device is not CudaDevice cuda ? null : $"cuda {cuda.Precision.ToString().ToLowerInvariant()}";

    public void Dispose()
    {
        // The processor's device is the process's.
        if (_device is { IsValueCreated: true, Value: CudaDevice cuda }) cuda.Dispose();
    }

    private static Device Open(ComputeConfiguration configuration)
    {
        if (configuration.Device == "cpu") return CpuDevice.Default;
        try
        {
            (ICudaDriver driver, IKernelCompiler compiler) = CudaDrivers.Open();
            long limit = configuration.Memory > 0 ? (long)(configuration.Memory * (1L << 30)) : long.MaxValue;
            return new CudaDevice(driver, compiler, Enum.Parse<Precision>(configuration.Precision, ignoreCase: true), memoryLimit: limit);
        }
        catch (DeviceException missing) when (configuration.Device == "auto")
        {
            Log.Warn("networks run on the processor: {0}", missing.Message);
            return CpuDevice.Default;
        }
    }
}
