namespace HiCorr.Native.Tensors;

/// <summary>
/// Memory that is handed out again and again: large chunks with best-fit ranges that merge when they come back, so that steps of
/// different sizes share the same bytes. Every range is 64-byte aligned and may be read (not written) up to 256 bytes past its end, which lets
/// vector loads run over the last row. Safe to use from several threads.
/// </summary>
/// <param name="space">Where the memory lies.</param>
/// <param name="shares">Whether ranges share chunks. Else each is an allocation of its own without a tail, so that a checker of memory sees every step outside it.</param>
public sealed class TensorPool(IMemorySpace space, bool shares = true) : IDisposable
{
    private const long Alignment = 64;
    private const long ReadableTail = 256;
    private const long SmallestChunk = 64L << 20;
    private const long HugePage = 2L << 20;
    private readonly Lock _lock = new();
    private readonly List<(nint Start, long Bytes)> _chunks = [];
    private readonly List<Range> _free = []; // by address
    private readonly List<Tensor> _ofSteps = []; // made while a step was open, and not in _spare
    private readonly Stack<Tensor> _spare = [];
    private int _openSteps;

    private record struct Range(nint Start, long Bytes);

    /// <summary>Where the memory lies.</summary>
    public IMemorySpace Space => space;

    /// <summary>Bytes that tensors hold now.</summary>
    public long BytesInUse { get; private set; }

    /// <summary>The largest <see cref="BytesInUse"/> since the last <see cref="ResetPeak"/>.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Bytes that were taken from the system.</summary>
    public long BytesReserved { get; private set; }

    public void ResetPeak() => PeakBytes = BytesInUse;

    /// <summary>A tensor with undefined values; dispose it to give its memory back.</summary>
    /// <exception cref="DeviceException">The system has no memory left.</exception>
    public Tensor Rent(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        nint memory = Take((long)rows * columns * sizeof(float), out long bytes);
        return Handle().Own(memory, bytes, rows, columns);
    }

    /// <summary>As <see cref="Rent"/>, filled with zeros.</summary>
    public Tensor RentZeros(int rows, int columns)
    {
        Tensor tensor = Rent(rows, columns);
        tensor.Clear();
        return tensor;
    }

    /// <summary>Integers with undefined values; dispose them to give the memory back.</summary>
    public NativeIntegers RentIntegers(int count)
    {
        var integers = new NativeIntegers(this);
        integers.Resize(count);
        return integers;
    }

    /// <summary>
    /// Opens a step, after which the Tensor objects that were given back in it serve again: a step like the one before then allocates no managed memory.
    /// Inside the step a tensor that was disposed throws as ever; after the step nobody may hold one. Tensors that live on, live on.
    /// </summary>
    public TensorStep BeginStep()
    {
        lock (_lock) _openSteps++;
        return new TensorStep(this);
    }

    public void Dispose()
    {
        foreach ((nint start, _) in _chunks) space.Free(start);
        _chunks.Clear();
        _free.Clear();
    }

    /// <summary>A tensor without memory.</summary>
    internal Tensor Handle()
    {
        lock (_lock)
        {
            if (_openSteps == 0) return new Tensor(this);
            if (!_spare.TryPop(out Tensor? tensor)) tensor = new Tensor(this);
            _ofSteps.Add(tensor);
            return tensor;
        }
    }

    internal void EndStep()
    {
        lock (_lock)
        {
            if (--_openSteps > 0) return;
            int living = 0;
            for (int i = 0; i < _ofSteps.Count; i++)
            {
                Tensor tensor = _ofSteps[i];
                if (tensor.IsGivenBack) _spare.Push(tensor);
                // A view has no end of its own: kept here, the views of a tensor that lives for long would add up.
                else if (!tensor.IsView) _ofSteps[living++] = tensor;
            }
            _ofSteps.RemoveRange(living, _ofSteps.Count - living);
        }
    }

    internal nint Take(long wanted, out long bytes)
    {
        bytes = shares ? (wanted + ReadableTail + Alignment - 1) / Alignment * Alignment : wanted;
        lock (_lock)
        {
            if (!shares) return TakeAlone(bytes);
            int best = -1;
            for (int i = 0; i < _free.Count; i++)
                if (_free[i].Bytes >= bytes && (best < 0 || _free[i].Bytes < _free[best].Bytes)) best = i;
            if (best < 0) best = AddChunk(bytes);
            Range range = _free[best];
            if (range.Bytes == bytes) _free.RemoveAt(best);
            else _free[best] = new Range((nint)(range.Start + bytes), range.Bytes - bytes);
            BytesInUse += bytes;
            PeakBytes = Math.Max(PeakBytes, BytesInUse);
            return range.Start;
        }
    }

    internal void Return(nint start, long bytes)
    {
        lock (_lock)
        {
            BytesInUse -= bytes;
            if (!shares)
            {
                space.Free(start);
                return;
            }
            if (_chunks.Count == 0) return; // the pool itself was disposed first
            Insert(new Range(start, bytes));
        }
    }

    /// <summary>Takes a chunk from the system and returns the index of its free range.</summary>
    private int AddChunk(long wanted)
    {
        long bytes = Math.Max(SmallestChunk, (wanted + HugePage - 1) / HugePage * HugePage);
        nint memory = Allocate(bytes);
        _chunks.Add((memory, bytes));
        BytesReserved += bytes;
        return Insert(new Range(memory, bytes));
    }

    private nint TakeAlone(long bytes)
    {
        nint memory = Allocate(bytes);
        BytesInUse += bytes;
        PeakBytes = Math.Max(PeakBytes, BytesInUse);
        return memory;
    }

    private nint Allocate(long bytes)
    {
        try
        {
            return space.Allocate(bytes);
        }
        catch (OutOfMemoryException failure)
        {
            throw new DeviceException($"out of memory: {bytes >> 20} MiB more are wanted, {BytesInUse >> 20} MiB are in use. " +
                "Take a smaller batch or a larger voxel size", failure);
        }
    }

    private int Insert(Range range)
    {
        int at = 0;
        for (int high = _free.Count; at < high;)
        {
            int middle = (at + high) / 2;
            if (_free[middle].Start < range.Start) at = middle + 1;
            else high = middle;
        }
        bool joinsLeft = at > 0 && _free[at - 1].Start + _free[at - 1].Bytes == range.Start && !StartsChunk(range.Start);
        bool joinsRight = at < _free.Count && range.Start + range.Bytes == _free[at].Start && !StartsChunk(_free[at].Start);
        if (joinsLeft && joinsRight)
        {
            _free[at - 1] = new Range(_free[at - 1].Start, _free[at - 1].Bytes + range.Bytes + _free[at].Bytes);
            _free.RemoveAt(at);
            return at - 1;
        }
        if (joinsLeft)
        {
            _free[at - 1] = new Range(_free[at - 1].Start, _free[at - 1].Bytes + range.Bytes);
            return at - 1;
        }
        if (joinsRight) _free[at] = new Range(range.Start, range.Bytes + _free[at].Bytes);
        else _free.Insert(at, range);
        return at;
    }

    private bool StartsChunk(nint address)
    {
        foreach ((nint start, _) in _chunks)
            if (start == address) return true;
        return false;
    }
}
