namespace HiCorr.Native.Tensors;

/// <summary>A row of 32-bit integers in pooled native memory.</summary>
public sealed unsafe class NativeIntegers : IDisposable
{
    private readonly TensorPool _pool;
    private long _bytes;
    private nint _memory;

    /// <summary>Without memory until <see cref="Resize"/>.</summary>
    internal NativeIntegers(TensorPool pool) => _pool = pool;

    public int Count { get; private set; }

    public Span<int> Span => new(Pointer, Count);

    internal int* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return (int*)_memory;
        }
    }

    /// <summary>Memory for so many values, all undefined; what was there before, or was given back, is replaced.</summary>
    internal void Resize(int count)
    {
        Dispose();
        _memory = _pool.Take((long)count * sizeof(int), out _bytes);
        Count = count;
    }

    public void Dispose()
    {
        if (_memory == 0) return;
        _pool.Return(_memory, _bytes);
        _memory = 0;
    }
}
