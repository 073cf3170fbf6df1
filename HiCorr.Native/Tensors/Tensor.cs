using System.Runtime.InteropServices;
using HiCorr.Native.Ops.Gemm;

namespace HiCorr.Native.Tensors;

/// <summary>
/// A float32 matrix in native memory, row-major. A tensor that came from a <see cref="TensorPool"/> owns its memory and gives it back when
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

    public Span<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>(Data + ((long)row * Stride), Columns);
    }

    /// <summary>All values; only for a tensor whose rows follow each other.</summary>
    public Span<float> Span => IsContiguous
        ? new Span<float>(Data, checked(Rows * Columns))
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
        if (IsContiguous)
        {
            NativeMemory.Clear(Data, (nuint)((long)Rows * Columns * sizeof(float)));
            return;
        }
        for (int r = 0; r < Rows; r++) Row(r).Clear();
    }

    /// <summary>Fills the tensor from row-major values.</summary>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        if (values.Length != (long)Rows * Columns)
            throw new ArgumentException($"{values.Length} values do not fill {Rows} x {Columns}", nameof(values));
        for (int r = 0; r < Rows; r++) values.Slice(r * Columns, Columns).CopyTo(Row(r));
    }

    /// <summary>Takes over the values of a tensor of the same size.</summary>
    public void CopyFrom(Tensor other)
    {
        if (other.Rows != Rows || other.Columns != Columns) throw new ArgumentException($"{other.Rows} x {other.Columns} values do not fill {Rows} x {Columns}", nameof(other));
        for (int r = 0; r < Rows; r++) other.Row(r).CopyTo(Row(r));
    }

    /// <summary>Adds the values of a tensor of the same size.</summary>
    public void Add(Tensor other)
    {
        if (other.Rows != Rows || other.Columns != Columns) throw new ArgumentException($"{other.Rows} x {other.Columns} values do not add to {Rows} x {Columns}", nameof(other));
        for (int r = 0; r < Rows; r++) GatherGemm.Add(other.Data + ((long)r * other.Stride), Data + ((long)r * Stride), Columns);
    }

    public float[] ToArray()
    {
        float[] values = new float[checked(Rows * Columns)];
        for (int r = 0; r < Rows; r++) Row(r).CopyTo(values.AsSpan(r * Columns, Columns));
        return values;
    }

    public void Dispose()
    {
        if (_memory == 0) return;
        if (!IsView) _pool.Return(_memory, _bytes);
        _memory = 0;
    }

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

    private Tensor View(Tensor of, int firstColumn, int columns)
    {
        (_owner, _memory) = (of._owner ?? of, (nint)(of.Data + firstColumn));
        (Rows, Columns, Stride) = (of.Rows, columns, of.Stride);
        return this;
    }
}
