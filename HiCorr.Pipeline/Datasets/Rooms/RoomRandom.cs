using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>Counter-based random numbers: the n-th draw is a hash of (key, n), the key a hash of (seed, purpose, ...).</summary>
internal sealed class RoomRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong _key;
    private ulong _counter;

    private RoomRandom(ulong key) => _key = key;

    public RoomRandom(long seed, params ReadOnlySpan<long> path)
    {
        ulong key = Mix((ulong)seed + Golden);
        foreach (long step in path) key = Mix(key ^ Mix((ulong)step + Golden));
        _key = key;
    }

    /// <summary>An independent stream; how far this one has been drawn from does not matter.</summary>
    public RoomRandom Fork(long purpose) => new(Mix(_key ^ Mix((ulong)purpose * Golden + 1)));

    public ulong Next() => Mix(_key + ++_counter * Golden);

    /// <summary>Uniform in [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    public float Range(float low, float high) => low + (high - low) * Unit();

    /// <summary>Uniform in [0, count).</summary>
    public int Int(int count) => (int)((Next() >> 32) * (ulong)count >> 32);

    public bool Chance(float probability) => Unit() < probability;

    public T Pick<T>(ReadOnlySpan<T> items) => items[Int(items.Length)];

    public Vector3 InBall(float radius) => new Vector3(Range(-1, 1), Range(-1, 1), Range(-1, 1)) * radius;

    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Int(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>The finaliser of SplitMix64.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
