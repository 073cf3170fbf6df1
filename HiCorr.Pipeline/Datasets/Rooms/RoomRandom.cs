using System.Numerics;
using HiCorr.Native.Random;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>A cursor over counter-based random numbers: draws come in sequence, forks are independent of how far it has got.</summary>
internal sealed class RoomRandom
{
    private readonly ulong _key;
    private readonly CounterRandom _numbers;
    private ulong _counter;

    private RoomRandom(ulong key)
    {
        _key = key;
        _numbers = new CounterRandom(key, "rooms");
    }

    public RoomRandom(long seed, params ReadOnlySpan<long> path)
    {
        ulong key = (ulong)seed;
        foreach (long step in path) key = Child(key, step);
        _key = key;
        _numbers = new CounterRandom(key, "rooms");
    }

    /// <summary>An independent stream.</summary>
    public RoomRandom Fork(long purpose) => new(Child(_key, purpose));

    public ulong Next() => _numbers.Bits(_counter++);

    /// <summary>Uniform in [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    public float Range(float low, float high) => low + (high - low) * Unit();

    /// <summary>Uniform in [0, count).</summary>
    public int Int(int count) => _numbers.Integer(_counter++, count);

    public bool Chance(float probability) => Unit() < probability;

    public T Pick<T>(ReadOnlySpan<T> items) => items[Int(items.Length)];

    /// <summary>Each coordinate uniform in [-extent, extent).</summary>
    public Vector3 InCube(float extent) => new Vector3(Range(-1, 1), Range(-1, 1), Range(-1, 1)) * extent;

    private static ulong Child(ulong key, long purpose) => new CounterRandom(key, "rooms.fork", (ulong)purpose).Bits(0);
}
