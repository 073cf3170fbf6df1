using System.Runtime.InteropServices;

namespace HiCorr.Native.Tensors;

/// <summary>Native memory of the process, in huge pages where the system has them.</summary>
internal sealed unsafe class HostMemorySpace : IMemorySpace
{
    private const long HugePage = 2L << 20;

    public bool IsHost => true;

    public nint Allocate(long bytes)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)HugePage);
        // Gathers touch rows all over a tensor; with 4 KiB pages most of them would miss the translation buffer.
        if (OperatingSystem.IsLinux()) _ = madvise(memory, (nuint)bytes, 14);
        return (nint)memory;
    }

    public void Free(nint memory) => NativeMemory.AlignedFree((void*)memory);

    public void Clear(nint at, long bytes) => NativeMemory.Clear((void*)at, (nuint)bytes);

    public void CopyFromHost(nint to, void* from, long bytes) => NativeMemory.Copy(from, (void*)to, (nuint)bytes);

    public void CopyToHost(void* to, nint from, long bytes) => NativeMemory.Copy((void*)from, to, (nuint)bytes);

    public void CopyRows(nint to, long toPitch, nint from, long fromPitch, long width, long rows)
    {
        if (toPitch == width && fromPitch == width) CopyToHost((void*)to, from, width * rows);
        else for (long row = 0; row < rows; row++) CopyToHost((void*)(to + (nint)(row * toPitch)), from + (nint)(row * fromPitch), width);
    }

    [DllImport("libc")] private static extern int madvise(void* address, nuint length, int advice);
}
