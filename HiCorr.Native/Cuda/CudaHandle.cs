using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda;

/// <summary>Something of a driver's that is released when nobody holds it any longer, at the latest by the garbage collector.</summary>
public abstract class CudaHandle : SafeHandle
{
    private readonly Action<nint> _release;

    private protected CudaHandle(nint value, Action<nint> release) : base(0, ownsHandle: true)
    {
        _release = release;
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>What <see cref="ICudaDriver"/> takes; valid while this object is not disposed of.</summary>
    public nint Value => handle;

    protected override bool ReleaseHandle()
    {
        try
        {
            _release(handle);
            return true;
        }
        catch (Exception error) when (error is DeviceException or ObjectDisposedException)
        {
            // After a failed kernel every call fails, and nobody can mend a release: the context's end frees the rest.
            return false;
        }
    }
}

/// <summary>A queue of work of its own.</summary>
public sealed class CudaStream(ICudaDriver driver) : CudaHandle(driver.CreateStream(), driver.DestroyStream);

/// <summary>A mark in a stream, to wait for or to measure from.</summary>
public sealed class CudaEvent(ICudaDriver driver) : CudaHandle(driver.CreateEvent(), driver.DestroyEvent);

/// <summary>The loaded kernels of one source.</summary>
/// <param name="driver">Loads them.</param>
/// <param name="path">From <see cref="IKernelCompiler.Compile"/>.</param>
public sealed class CudaModule(ICudaDriver driver, string path) : CudaHandle(driver.LoadModule(path), driver.UnloadModule);

/// <summary>Recorded work, ready to be launched: ends the capture that <see cref="ICudaDriver.BeginCapture"/> began on a stream.</summary>
public sealed class CudaGraph(ICudaDriver driver, nint stream) : CudaHandle(driver.EndCapture(stream), driver.DestroyGraph);
