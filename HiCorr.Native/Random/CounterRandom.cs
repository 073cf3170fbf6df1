namespace HiCorr.Native.Random;

/// <summary>
/// Random numbers as a pure function of (seed, purpose, stream, counter): Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). There is no state to save, and any number can be drawn by any thread in any order.
/// </summary>
public readonly struct CounterRandom
{
    private readonly ulong _key;
    private readonly ulong _stream;

    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for, for example "augment"; different purposes share nothing.</param>
    /// <param name="stream">Further coordinates such as epoch and item.</param>
    public CounterRandom(ulong seed, string purpose, params ReadOnlySpan<ulong> stream)
    {
        ulong hash = 0xcbf29ce484222325; // FNV-1a: string.GetHashCode differs from process to process
        foreach (char letter in purpose) hash = (hash ^ letter) * 0x100000001b3;
        ulong key = Mix(seed ^ 0x9e3779b97f4a7c15);
        ulong place = Mix(hash);
        foreach (ulong part in stream) place = Mix(place ^ Mix(part + 0x9e3779b97f4a7c15));
        (_key, _stream) = (key, place);
    }

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong counter)
    {
        (uint a, uint b, _, _) = Philox(counter);
        return ((ulong)a << 32) | b;
    }

    /// <summary>A double in [0, 1).</summary>
    public double Uniform(ulong counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A double in [low, high).</summary>
    public double Uniform(ulong counter, double low, double high) => low + ((high - low) * Uniform(counter));

    /// <summary>A standard normal number (Box-Muller).</summary>
    public double Normal(ulong counter)
    {
        (uint a, uint b, uint c, uint d) = Philox(counter);
        double radius = Math.Sqrt(-2 * Math.Log((((((ulong)a << 32) | b) >> 11) + 1) * (1.0 / (1UL << 53))));
        return radius * Math.Cos(2 * Math.PI * (((((ulong)c << 32) | d) >> 11) * (1.0 / (1UL << 53))));
    }

    /// <summary>An integer from 0 to bound - 1.</summary>
    public int Integer(ulong counter, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)Math.BigMul(Bits(counter), (ulong)bound, out _);
    }

    /// <summary>The numbers 0 to count - 1 in random order, from the counters below <paramref name="count"/>.</summary>
    public int[] Permutation(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) order[i] = i;
        Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>Puts items into random order (Fisher-Yates), from the counters below the number of items.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Integer((ulong)i, i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Fills a span with floats in [low, high), number i from counter i.</summary>
    public void FillUniform(Span<float> values, double low, double high)
    {
        for (int i = 0; i < values.Length; i++) values[i] = (float)Uniform((ulong)i, low, high);
    }

    /// <summary>SplitMix64's finaliser.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

    private (uint A, uint B, uint C, uint D) Philox(ulong counter) =>
        Philox((uint)counter, (uint)(counter >> 32), (uint)_stream, (uint)(_stream >> 32), (uint)_key, (uint)(_key >> 32));

    internal static (uint A, uint B, uint C, uint D) Philox(uint a, uint b, uint c, uint d, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53UL * a, p1 = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(p1 >> 32) ^ b ^ k0, (uint)p1, (uint)(p0 >> 32) ^ d ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (a, b, c, d);
    }
}
