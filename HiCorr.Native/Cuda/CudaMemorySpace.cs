using HiCorr.Native.Tensors;

namespace HiCorr.Native.Cuda;

/// <summary>Memory of a CUDA device; copies and fills run in the order of its stream.</summary>
internal sealed unsafe class CudaMemorySpace(ICudaDriver driver, nint stream, long limit) : IMemorySpace
{
    private readonly Dictionary<nint, long> _taken = []; // under the pool's lock
    private long _total;

    public bool IsHost => false;

    public nint Allocate(long bytes)
    {
        if (_total + bytes > limit)
            throw new DeviceException($"out of memory: {bytes >> 20} MiB more are wanted, and {_total >> 20} of the {limit >> 20} MiB that compute.memory allows are taken. " +
                "Take a smaller batch, a larger voxel size, or allow more");
        nint memory = driver.Allocate(Math.Max(bytes, 1));
        _taken[memory] = bytes;
        _total += bytes;
        return memory;
    }

    public void Free(nint memory)
    {
        // A kernel that still runs may read it.
        driver.Synchronize(stream);
        driver.Free(memory);
        if (_taken.Remove(memory, out long bytes)) _total -= bytes;
    }

    public void Clear(nint at, long bytes)
    {
        if (bytes > 0) driver.Fill(at, 0, bytes, stream);
    }

    public void CopyFromHost(nint to, void* from, long bytes)
    {
        if (bytes == 0) return;
        driver.CopyToDevice(to, from, bytes, stream);
        driver.Synchronize(stream);
    }

    public void CopyToHost(void* to, nint from, long bytes)
    {
        if (bytes == 0) return;
        driver.CopyToHost(to, from, bytes, stream);
        driver.Synchronize(stream);
    }

    public void CopyRows(nint to, long toPitch, nint from, long fromPitch, long width, long rows)
    {
        if (width > 0 && rows > 0) driver.CopyRowsOnDevice(to, toPitch, from, fromPitch, width, rows, stream);
    }
}
