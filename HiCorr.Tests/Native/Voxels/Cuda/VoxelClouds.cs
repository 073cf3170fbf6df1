using HiCorr.Native.Random;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Voxels.Cuda;

/// <summary>Voxel rows (batch, x, y, z) that kernels must treat as the processor does.</summary>
internal static class VoxelClouds
{
    private const int Far = 2_000_000_000;

    public static IEnumerable<(string Name, int[] Rows)> Of(string device)
    {
        yield return ("no row", []);
        yield return ("one row", [0, -5, 7, 3]);
        yield return ("one voxel many times", [.. Enumerable.Repeat(new[] { 1, -3, -2, -1 }, 300).SelectMany(row => row)]);
        yield return ("a line of one block of keys", Line(2048));
        yield return ("a line longer than one block of keys", Line(2049));
        yield return ("dense, with empty batch items and negative cells", Random(3000, 14, [0, 2, 5]));
        yield return ("sparse", Random(500, 3000, [0, 1]));
        yield return ("far apart", [0, Far, -3, 0, 0, -Far, -3, 0, 0, Far + 1, -3, 0, 0, int.MaxValue, -3, 0, 0, int.MinValue, -3, 0]);
        yield return ("keys of 64 bits", [0, int.MinValue, 0, 0, 0, int.MaxValue, 1 << 27, 0, 0, int.MinValue, 1, 0, 0, int.MaxValue, (1 << 27) - 1, 0]);
        if (device == KernelDevices.Gpu) yield return ("large", Random(300_000, 60, [0, 1, 3]));
    }

    /// <summary>Rows in a cube of cells around the origin.</summary>
    public static int[] Random(int count, int extent, int[] items)
    {
        var random = new CounterRandom(11, "cloud");
        return [.. Enumerable.Range(0, 4 * count).Select(i => i % 4 == 0 ? items[random.Integer((ulong)i, items.Length)] : random.Integer((ulong)i, extent) - (extent / 2))];
    }

    // Downwards, so that sorting turns all of it round.
    private static int[] Line(int count) => [.. Enumerable.Range(0, count).SelectMany(i => new[] { 0, 1, -i, 2 })];
}
