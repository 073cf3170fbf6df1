namespace HiCorr.Native.Cuda.Emulation;

/// <summary>Live objects of one kind behind plain numbers, as a driver hands them out. A number is never used twice.</summary>
internal sealed class EmulatorHandles<T>(string kind)
{
    private readonly Dictionary<nint, T> _live = [];
    private nint _last;

    public int Count => _live.Count;

    public IEnumerable<T> All => _live.Values;

    /// <summary>A copy: taking objects away meanwhile is allowed.</summary>
    public nint[] Handles => [.. _live.Keys];

    public nint Add(T item)
    {
        _live.Add(++_last, item);
        return _last;
    }

    public T Find(string call, nint handle) => _live.TryGetValue(handle, out T? item) ? item : throw Unknown(call, handle);

    public T Remove(string call, nint handle) => _live.Remove(handle, out T? item) ? item : throw Unknown(call, handle);

    private DeviceException Unknown(string call, nint handle) => new($"{call}: {handle} is no {kind} that is alive");
}
