using HiCorr.Native.Tensors;

namespace HiCorr.Native.Cuda;

/// <summary>
/// Plain values in pooled memory of a CUDA device, for what is no tensor: labels, counts, images. Once they are disposed, launches that were queued
/// before may still use them: whoever gets the memory next is queued behind.
/// </summary>
internal sealed unsafe class CudaValues<T> : IDisposable where T : unmanaged
{
    private readonly TensorPool _pool;
    private readonly int _count;
    private readonly long _bytes;
    private nint _memory;

    /// <summary>Undefined values.</summary>
    public CudaValues(CudaDevice device, int count)
    {
        (_pool, _count) = (device.Memory, count);
        _memory = _pool.Take(Length, out _bytes);
    }

    /// <summary>A copy of values on the host.</summary>
    public CudaValues(CudaDevice device, ReadOnlySpan<T> values) : this(device, values.Length)
    {
        fixed (T* from = values) _pool.Space.CopyFromHost(_memory, from, Length);
    }

    public T* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return (T*)_memory;
        }
    }

    private long Length => (long)_count * sizeof(T);

    public void Clear() => _pool.Space.Clear((nint)Pointer, Length);

    /// <summary>Copies all values to the host, when what writes them is done.</summary>
    public void CopyTo(Span<T> values)
    {
        if (values.Length != _count) throw new ArgumentException($"{_count} values do not fit {values.Length}", nameof(values));
        fixed (T* to = values) _pool.Space.CopyToHost(to, (nint)Pointer, Length);
    }

    public void Dispose()
    {
        if (_memory == 0) return;
        _pool.Return(_memory, _bytes);
        _memory = 0;
    }
}
