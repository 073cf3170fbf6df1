using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda.Emulation;

/// <summary>
/// Device memory of the emulator: native memory with a limit. New memory is full of 0xFF bytes, so that what a kernel reads before it was written shows
/// as NaN or -1; the bytes behind it are guarded.
/// </summary>
internal sealed unsafe class EmulatorMemory(long capacity) : IDisposable
{
    private const int Alignment = 256;
    private const byte Poison = 0xFF;
    private const byte Guard = 0xFB;

    // AddressSanitizer has guards of its own, which also see reads.
    private static readonly int s_guardBytes = EmulatorLibrary.SanitizerIsLoaded ? 0 : 64;
    private readonly SortedDictionary<nint, long> _bytes = [];
    private nint[] _starts = [];

    public long Capacity => capacity;

    public long Used { get; private set; }

    public int Count => _bytes.Count;

    public nint Allocate(long bytes)
    {
        if (bytes <= 0) throw new DeviceException($"allocating device memory: expected a positive number of bytes, found {bytes}");
        if (bytes > capacity - Used)
            throw new DeviceException($"allocating device memory: {bytes:N0} bytes wanted, {capacity - Used:N0} of {capacity:N0} free");
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + s_guardBytes), Alignment);
        NativeMemory.Fill(memory, (nuint)bytes, Poison);
        NativeMemory.Fill(memory + bytes, (nuint)s_guardBytes, Guard);
        _bytes.Add((nint)memory, bytes);
        _starts = [];
        Used += bytes;
        return (nint)memory;
    }

    public void Free(nint memory)
    {
        if (!_bytes.Remove(memory, out long bytes)) throw new DeviceException($"freeing device memory: 0x{memory:x} is not the start of an allocation that is alive");
        bool intact = IsIntact(memory, bytes);
        NativeMemory.AlignedFree((void*)memory);
        _starts = [];
        Used -= bytes;
        if (!intact) throw Overrun(memory, bytes);
    }

    /// <summary>Throws unless a range lies within one allocation.</summary>
    public void Check(string call, nint start, long bytes)
    {
        if (bytes == 0) return;
        if (_starts.Length == 0) _starts = [.. _bytes.Keys];
        int at = Array.BinarySearch(_starts, start);
        if (at < 0) at = ~at - 1;
        if (at < 0 || bytes < 0 || start + bytes > _starts[at] + _bytes[_starts[at]])
            throw new DeviceException($"{call}: {bytes:N0} bytes at 0x{start:x} are not inside an allocation that is alive");
    }

    /// <summary>Throws if a kernel wrote behind the end of some allocation.</summary>
    public void CheckGuards()
    {
        foreach ((nint memory, long bytes) in _bytes)
            if (!IsIntact(memory, bytes)) throw Overrun(memory, bytes);
    }

    public void Dispose()
    {
        foreach (nint memory in _bytes.Keys) NativeMemory.AlignedFree((void*)memory);
        _bytes.Clear();
        _starts = [];
        Used = 0;
    }

    private static bool IsIntact(nint memory, long bytes) => !new ReadOnlySpan<byte>((void*)(memory + bytes), s_guardBytes).ContainsAnyExcept(Guard);

    private static DeviceException Overrun(nint memory, long bytes) => new($"emulator: something wrote behind the end of the allocation of {bytes:N0} bytes at 0x{memory:x}");
}
