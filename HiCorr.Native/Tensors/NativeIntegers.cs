namespace HiCorr.Native.Tensors;

/// <summary>A row of 32-bit integers in pooled native memory.</summary>
public sealed unsafe class NativeIntegers : IDisposable
{
    private readonly TensorPool _pool;
    private readonly long _bytes;
    private nint _memory;

    internal NativeIntegers(TensorPool pool, nint memory, long bytes, int count)
    {
        _pool = pool;
        _memory = memory;
        _bytes = bytes;
        Count = count;
    }

    public int Count { get; }

    public Span<int> Span => new(Pointer, Count);

    internal int* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return (int*)_memory;
        }
    }

    public void Dispose()
    {
        if (_memory == 0) return;
        _pool.Return(_memory, _bytes);
        _memory = 0;
    }
}
