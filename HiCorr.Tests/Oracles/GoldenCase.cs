using System.Text.Json;
using HiCorr.Pipeline.Formats.Npy;

namespace HiCorr.Tests.Oracles;

/// <summary>One folder of the golden data: its arrays, its numbers and the tolerance that goes with each expected array.</summary>
public sealed class GoldenCase
{
    private readonly string _folder;

    private GoldenCase(string folder)
    {
        _folder = folder;
        Description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
    }

    /// <summary>case.json.</summary>
    public JsonElement Description { get; }

    /// <summary>Opens a case such as "minkowski/batchnorm"; skips the test where the data is absent.</summary>
    public static GoldenCase Open(string name) => new(SharedFolder.Require("golden", name));

    public string PathOf(string file) => Path.Combine(_folder, file);

    public int Number(string key) => Description.GetProperty(key).GetInt32();

    public float[] Floats(string array) => NpyReader.Read<float>(PathOf(array + ".npy")).Data;

    public double[] Doubles(string array) => NpyReader.Read<double>(PathOf(array + ".npy")).Data;

    public int[] Integers(string array) => NpyReader.Read<int>(PathOf(array + ".npy")).Data;

    public int[] Shape(string array) => NpyReader.ReadHeader(PathOf(array + ".npy")).Shape;

    /// <summary>suggested_max_abs_tolerance of an array: one number, or one an entry.</summary>
    public double[] Tolerances(string array)
    {
        JsonElement value = Description.GetProperty("arrays").GetProperty(array).GetProperty("suggested_max_abs_tolerance");
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetDouble())] : [value.GetDouble()];
    }

    /// <summary>Fails unless every value is within the array's tolerance.</summary>
    public void AssertClose(string array, ReadOnlySpan<float> actual) => AssertClose(array, Floats(array), actual);

    /// <summary>Fails unless every value is within the tolerance of <paramref name="array"/>.</summary>
    public void AssertClose(string array, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double[] tolerances = Tolerances(array);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double tolerance = tolerances[Math.Min(i, tolerances.Length - 1)];
            if (!(Math.Abs((double)expected[i] - actual[i]) <= tolerance))
                Assert.Fail($"{array}[{i}]: expected {expected[i]:g9} within {tolerance:g3}, got {actual[i]:g9}");
        }
    }
}
