namespace HiCorr.Native.Tensors;

/// <summary>
/// A float32 matrix in memory of a device, row-major. A tensor that came from a <see cref="TensorPool"/> owns its memory and gives it back when
/// disposed; a view on some of its columns (<see cref="Slice"/>) owns nothing and must not outlive it.
/// </summary>
public sealed unsafe class Tensor : IDisposable
{
    private readonly TensorPool _pool;
    private Tensor? _owner; // of a view's memory
    private long _bytes;
    private nint _memory;

    internal Tensor(TensorPool pool) => _pool = pool;

    public int Rows { get; private set; }

    public int Columns { get; private set; }

    /// <summary>Floats from one row's start to the next one's.</summary>
    public int Stride { get; private set; }

    public bool IsContiguous => Stride == Columns;

    /// <summary>Element (0, 0).</summary>
    internal float* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsGivenBack, this);
            return (float*)_memory;
        }
    }

    /// <summary>One row; only of a tensor on the host.</summary>
    public Span<float> Row(int row)
    {
        if (!_pool.Space.IsHost) throw NotOnHost();
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>(Data + ((long)row * Stride), Columns);
    }

    /// <summary>All values; only of a tensor on the host whose rows follow each other.</summary>
    public Span<float> Span => !_pool.Space.IsHost ? throw NotOnHost()
        : IsContiguous ? new Span<float>(Data, checked(Rows * Columns))
        : throw new InvalidOperationException("A view on some columns has no single span: go row by row.");

    /// <summary>The view on columns firstColumn to firstColumn + columns - 1 of all rows.</summary>
    public Tensor Slice(int firstColumn, int columns)
    {
        if (firstColumn < 0 || columns < 0 || firstColumn + columns > Columns)
            throw new ArgumentOutOfRangeException(nameof(columns), $"columns {firstColumn} to {firstColumn + columns - 1} of {Columns}");
        return _pool.Handle().View(this, firstColumn, columns);
    }

    public void Clear()
    {
        if (IsContiguous) _pool.Space.Clear((nint)Data, Bytes);
        else for (int r = 0; r < Rows; r++) _pool.Space.Clear(Address(r), RowBytes);
    }

    /// <summary>Sets every value.</summary>
    public void Fill(float value)
    {
        float[] values = new float[checked(Rows * Columns)];
        values.AsSpan().Fill(value);
        CopyFrom(values);
    }

    /// <summary>Fills the tensor from row-major values on the host.</summary>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        if (values.Length != (long)Rows * Columns)
            throw new ArgumentException($"{values.Length} values do not fill {Rows} x {Columns}", nameof(values));
        fixed (float* from = values)
        {
            if (IsContiguous) _pool.Space.CopyFromHost((nint)Data, from, Bytes);
            else for (int r = 0; r < Rows; r++) _pool.Space.CopyFromHost(Address(r), from + ((long)r * Columns), RowBytes);
        }
    }

    /// <summary>Takes over the values of a tensor of the same size, on the same device or on the host.</summary>
    public void CopyFrom(Tensor other)
    {
        if (other.Rows != Rows || other.Columns != Columns) throw new ArgumentException($"{other.Rows} x {other.Columns} values do not fill {Rows} x {Columns}", nameof(other));
        if (other._pool.Space == _pool.Space) _pool.Space.CopyRows((nint)Data, (long)Stride * sizeof(float), (nint)other.Data, (long)other.Stride * sizeof(float), RowBytes, Rows);
        else if (!other._pool.Space.IsHost) throw NotOnHost();
        else if (IsContiguous && other.IsContiguous) _pool.Space.CopyFromHost((nint)Data, other.Data, Bytes);
        else for (int r = 0; r < Rows; r++) _pool.Space.CopyFromHost(Address(r), (void*)other.Address(r), RowBytes);
    }

    /// <summary>Writes the values, row-major, to the host.</summary>
    public void CopyTo(Span<float> values)
    {
        if (values.Length != (long)Rows * Columns) throw new ArgumentException($"{Rows} x {Columns} values do not fit {values.Length}", nameof(values));
        fixed (float* to = values)
        {
            if (IsContiguous) _pool.Space.CopyToHost(to, (nint)Data, Bytes);
            else for (int r = 0; r < Rows; r++) _pool.Space.CopyToHost(to + ((long)r * Columns), Address(r), RowBytes);
        }
    }

    public float[] ToArray()
    {
        float[] values = new float[checked(Rows * Columns)];
        CopyTo(values);
        return values;
    }

    public void Dispose()
    {
        if (_memory == 0) return;
        if (!IsView) _pool.Return(_memory, _bytes);
        _memory = 0;
    }

    internal static InvalidOperationException NotOnHost() => new("The values lie on a device: ToArray copies them to the host.");

    private long RowBytes => (long)Columns * sizeof(float);

    private long Bytes => Rows * RowBytes;

    internal bool IsView => _owner is not null;

    /// <summary>Whether the memory is no longer this tensor's: it was disposed, or what it is a view of.</summary>
    internal bool IsGivenBack => _memory == 0 || _owner is { _memory: 0 };

    /// <summary>Makes this a tensor with memory of its own.</summary>
    internal Tensor Own(nint memory, long bytes, int rows, int columns)
    {
        (_owner, _memory, _bytes) = (null, memory, bytes);
        (Rows, Columns, Stride) = (rows, columns, columns);
        return this;
    }

    private nint Address(int row) => (nint)(Data + ((long)row * Stride));

    private Tensor View(Tensor of, int firstColumn, int columns)
    {
        (_owner, _memory) = (of._owner ?? of, (nint)(of.Data + firstColumn));
        (Rows, Columns, Stride) = (of.Rows, columns, of.Stride);
        return this;
    }
}
