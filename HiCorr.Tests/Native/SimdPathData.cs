using HiCorr.Native.Devices;

namespace HiCorr.Tests.Native;

/// <summary>Every instruction path as a test case; one that this processor lacks skips with its reason.</summary>
internal static class SimdPathData
{
    public static TheoryData<SimdPath> All { get; } = Cases();

    private static TheoryData<SimdPath> Cases()
    {
        var cases = new TheoryData<SimdPath>();
        foreach (SimdPath path in Enum.GetValues<SimdPath>())
            cases.Add(new TheoryDataRow<SimdPath>(path) { Skip = SimdPaths.Has(path) ? null : $"this processor has no {path}" });
        return cases;
    }
}
