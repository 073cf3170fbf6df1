namespace HiCorr.Native.Cuda.Nvidia;

/// <summary>Memory and copies.</summary>
public sealed unsafe partial class NvidiaDriver
{
    public nint Allocate(long bytes)
    {
        Enter();
        nint memory;
        CheckMemory(_cuda.cuMemAlloc(&memory, AtLeastOne(bytes)), nameof(LibCuda.cuMemAlloc), bytes);
        return memory;
    }

    public void Free(nint memory)
    {
        Enter();
        Check(_cuda.cuMemFree(memory), nameof(LibCuda.cuMemFree));
    }

    public nint AllocateAsync(long bytes, nint stream)
    {
        Enter();
        nint memory;
        CheckMemory(_cuda.cuMemAllocAsync(&memory, AtLeastOne(bytes), stream), nameof(LibCuda.cuMemAllocAsync), bytes);
        return memory;
    }

    public void FreeAsync(nint memory, nint stream)
    {
        Enter();
        Check(_cuda.cuMemFreeAsync(memory, stream), nameof(LibCuda.cuMemFreeAsync));
    }

    public nint AllocatePinned(long bytes)
    {
        Enter();
        nint memory;
        int status = _cuda.cuMemHostAlloc(&memory, AtLeastOne(bytes), 0);
        if (status != 0) throw new DeviceException($"{nameof(LibCuda.cuMemHostAlloc)} of {bytes} bytes of page-locked host memory: {_cuda.Explain(status)}");
        return memory;
    }

    public void FreePinned(nint memory)
    {
        Enter();
        Check(_cuda.cuMemFreeHost(memory), nameof(LibCuda.cuMemFreeHost));
    }

    public void CopyToDevice(nint device, void* host, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(_cuda.cuMemcpyHtoDAsync(device, host, (nuint)bytes, stream), nameof(LibCuda.cuMemcpyHtoDAsync));
    }

    public void CopyToHost(void* host, nint device, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(_cuda.cuMemcpyDtoHAsync(host, device, (nuint)bytes, stream), nameof(LibCuda.cuMemcpyDtoHAsync));
    }

    public void CopyOnDevice(nint to, nint from, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(_cuda.cuMemcpyDtoDAsync(to, from, (nuint)bytes, stream), nameof(LibCuda.cuMemcpyDtoDAsync));
    }

    public void CopyRowsOnDevice(nint to, long toPitch, nint from, long fromPitch, long width, long rows, nint stream)
    {
        if (width == 0 || rows == 0) return;
        Enter();
        var copy = new LibCuda.RowCopy
        {
            FromKind = LibCuda.RowCopy.DeviceMemory,
            FromDevice = from,
            FromPitch = (nuint)fromPitch,
            ToKind = LibCuda.RowCopy.DeviceMemory,
            ToDevice = to,
            ToPitch = (nuint)toPitch,
            Width = (nuint)width,
            Rows = (nuint)rows,
        };
        Check(_cuda.cuMemcpy2DAsync(&copy, stream), nameof(LibCuda.cuMemcpy2DAsync));
    }

    public void Fill(nint device, byte value, long bytes, nint stream)
    {
        if (bytes == 0) return;
        Enter();
        Check(_cuda.cuMemsetD8Async(device, value, (nuint)bytes, stream), nameof(LibCuda.cuMemsetD8Async));
    }

    /// <summary>The driver refuses blocks of no bytes; tensors without rows are none the less tensors.</summary>
    private static nuint AtLeastOne(long bytes) => (nuint)Math.Max(bytes, 1);

    private void CheckMemory(int status, string call, long bytes)
    {
        if (status != OutOfMemory)
        {
            Check(status, call);
            return;
        }
        nuint free = 0, total = 0;
        // Where even this fails, the message says 0 of 0.
        _ = _cuda.cuMemGetInfo(&free, &total);
        throw new DeviceException($"{call}: {_cuda.Explain(status)}. Wanted {bytes} bytes, free are {free} of {total} bytes of {Properties.Name}. "
            + "A smaller batch (train.batch_scenes) or larger voxels (network.voxel_size) need less");
    }
}
