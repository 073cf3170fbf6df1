namespace HiCorr.Native.Tensors;

/// <summary>A row of 32-bit integers in pooled memory of a device.</summary>
public sealed unsafe class NativeIntegers : IDisposable
{
    private readonly TensorPool _pool;
    private long _bytes;
    private nint _memory;

    /// <summary>Without memory until <see cref="Resize"/>.</summary>
    internal NativeIntegers(TensorPool pool) => _pool = pool;

    public int Count { get; private set; }

    /// <summary>The values; only on the host.</summary>
    public Span<int> Span => new(_pool.Space.IsHost ? Pointer : throw Tensor.NotOnHost(), Count);

    /// <summary>Fills the row from as many values on the host.</summary>
    public void CopyFrom(ReadOnlySpan<int> values)
    {
        if (values.Length != Count) throw new ArgumentException($"{values.Length} values do not fill {Count}", nameof(values));
        fixed (int* from = values) _pool.Space.CopyFromHost((nint)Pointer, from, (long)Count * sizeof(int));
    }

    /// <summary>The values as an array on the host.</summary>
    public int[] ToArray()
    {
        int[] values = new int[Count];
        fixed (int* to = values) _pool.Space.CopyToHost(to, (nint)Pointer, (long)Count * sizeof(int));
        return values;
    }

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
