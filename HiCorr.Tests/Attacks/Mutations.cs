namespace HiCorr.Tests.Attacks;

/// <summary>
/// Damages a good file in many seeded ways. A reader may take a damaged file for good or refuse it with an
/// <see cref="InputException"/> that names the file; anything else (another exception, a huge allocation) fails the test.
/// </summary>
internal static class Mutations
{
    private const long MaximumAllocation = 64L << 20;

    /// <summary>Cuts the file at up to <paramref name="cuts"/> places; every one of them must be refused.</summary>
    public static void RefusesEveryTruncation(byte[] good, string name, Action<byte[]> read, int cuts = 300)
    {
        int step = Math.Max(1, good.Length / cuts);
        for (int length = 0; length < good.Length; length += length < 200 ? 1 : step)
            Assert.True(Refuses(good[..length], name, read, $"cut to {length} of {good.Length} bytes"), $"{name} cut to {length} of {good.Length} bytes was taken for good");
    }

    /// <summary>Flips bits, overwrites bytes with extremes, removes and repeats stretches.</summary>
    public static void SurvivesDamage(byte[] good, string name, Action<byte[]> read, int count = 400)
    {
        for (uint seed = 0; seed < count; seed++)
        {
            byte[] bad = Damage(good, seed);
            Refuses(bad, name, read, $"seed {seed}");
        }
    }

    private static bool Refuses(byte[] bytes, string name, Action<byte[]> read, string what)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read(bytes);
            return false;
        }
        catch (InputException e)
        {
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            return true;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{name}, {what}: {e}");
            return false;
        }
        finally
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MaximumAllocation, $"{name}, {what}: {allocated} bytes allocated for a file of {bytes.Length}");
        }
    }

    private static byte[] Damage(byte[] good, uint seed)
    {
        uint state = seed * 2654435761 + 12345;
        uint Next(int below) => (uint)(((state = state * 1664525 + 1013904223) >> 8) % (uint)Math.Max(1, below));
        byte[] bad = [.. good];
        // Half of the damage goes to the first bytes, where the lengths are.
        int Place() => (int)Next(Next(2) == 0 ? Math.Min(bad.Length, 512) : bad.Length);
        switch (seed % 5)
        {
            case 0:
                bad[Place()] ^= (byte)(1 << (int)Next(8));
                return bad;
            case 1:
                for (int i = Place(), end = Math.Min(bad.Length, i + 1 + (int)Next(8)); i < end; i++) bad[i] = 0xFF;
                return bad;
            case 2:
                for (int i = 0; i < 8; i++) bad[Place()] = (byte)Next(256);
                return bad;
            case 3:
                int cut = Place();
                return [.. bad.AsSpan(0, cut), .. bad.AsSpan(Math.Min(bad.Length, cut + 1 + (int)Next(16)))];
            default:
                int from = Place();
                return [.. bad.AsSpan(0, from), .. bad.AsSpan(from, Math.Min(16, bad.Length - from)), .. bad.AsSpan(from)];
        }
    }
}
