namespace HiCorr.Native.Cuda;

/// <summary>Times what is queued on a device's stream by events there: the host's own work counts only where the device waits for it.</summary>
public sealed class CudaClock(CudaDevice device)
{
    /// <summary>Seconds from the first to the last of the work's launches and copies.</summary>
    public double Time(Action work)
    {
        using CudaEvent start = new(device.Driver), end = new(device.Driver);
        device.Synchronize();
        device.Driver.Record(start.Value, device.Stream);
        work();
        device.Driver.Record(end.Value, device.Stream);
        return device.Driver.Elapsed(start.Value, end.Value) / 1e3;
    }
}
