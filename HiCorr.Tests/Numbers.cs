using HiCorr.Native.Random;

namespace HiCorr.Tests;

/// <summary>Test inputs and comparisons.</summary>
public static class Numbers
{
    /// <summary>Normal numbers, the same for the same seed.</summary>
    public static float[] Normal(int count, ulong seed)
    {
        var random = new CounterRandom(seed, "test numbers");
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.Normal((ulong)i);
        return values;
    }

    /// <summary>Fails unless every value is within a tolerance relative to the largest expected one.</summary>
    public static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double relative = 2e-6)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 1e-30;
        foreach (double value in expected) largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - actual[i]) <= relative * largest))
                Assert.Fail($"[{i}]: expected {expected[i]:g9}, got {actual[i]:g9}, largest {largest:g3}");
    }

    /// <summary>Central difference of a loss along one entry of an array.</summary>
    public static double Slope(Func<double> loss, Span<float> values, int index, float step)
    {
        float kept = values[index];
        values[index] = kept + step;
        double width = values[index];
        double above = loss();
        values[index] = kept - step;
        width -= values[index];
        double below = loss();
        values[index] = kept;
        return (above - below) / width;
    }
}
