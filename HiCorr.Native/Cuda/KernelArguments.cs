using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace HiCorr.Native.Cuda;

/// <summary>The arguments of one launch, in the order of the kernel's parameters. Lives on the stack: a launch allocates nothing.</summary>
public unsafe ref struct KernelArguments
{
    private const int Most = 32;
    private fixed ulong _values[Most];

    public int Count { get; private set; }

    /// <summary>Adds a pointer or a number of at most 8 bytes; its size must be that of the kernel's parameter.</summary>
    [UnscopedRef]
    public ref KernelArguments Add<T>(T value) where T : unmanaged
    {
        if (sizeof(T) > sizeof(ulong)) throw new ArgumentException($"{typeof(T)} takes {sizeof(T)} bytes, not at most {sizeof(ulong)}");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Count, Most);
        Unsafe.As<ulong, T>(ref _values[Count++]) = value;
        return ref this;
    }

    [UnscopedRef]
    public ref KernelArguments Add(void* value) => ref Add((nint)value);

    /// <summary>Where value <paramref name="index"/> lies; only while these arguments stay where they are, on the stack.</summary>
    internal void* AddressOf(int index) => Unsafe.AsPointer(ref _values[index]);
}
