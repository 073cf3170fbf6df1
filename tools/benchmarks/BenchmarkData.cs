using HiCorr.Native.Devices;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Formats.Npy;

namespace HiCorr.Benchmarks;

/// <summary>What the benchmarks work on.</summary>
internal static class BenchmarkData
{
    /// <summary>Names a file of voxels, npy, int32 (N, 3), to work on instead of the room made here.</summary>
    private const string VoxelFile = "HICORR_BENCH_VOXELS";

    /// <summary>Voxel rows (batch, x, y, z) of floor, two walls and a table: 26,000 voxels with the neighbourhoods of surfaces.</summary>
    public static int[] Voxels()
    {
        if (Environment.GetEnvironmentVariable(VoxelFile) is { Length: > 0 } path)
            return [.. NpyReader.ReadInts(path, -1, 3).Data.Chunk(3).SelectMany(c => new[] { 0, c[0], c[1], c[2] })];
        var rows = new List<int>();
        for (int a = 0; a < 120; a++)
        {
            for (int b = 0; b < 120; b++)
            {
                rows.AddRange([0, a, b, 0]);
                if (b < 45) rows.AddRange([0, a, 0, b, 0, 0, a, b]);
                if (a is > 50 and < 80 && b is > 40 and < 70) rows.AddRange([0, a, b, 18]);
            }
        }
        return [.. rows];
    }

    /// <summary>Uniform values from -1 to 1.</summary>
    public static Tensor Uniform(CpuDevice device, int rows, int columns, ulong seed)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        new CounterRandom(seed, "benchmark").FillUniform(tensor.Span, -1, 1);
        return tensor;
    }

    /// <summary>A wavy square of so many vertices a side: positions, and two triangles a cell.</summary>
    public static (float[] Positions, int[] Faces) Surface(int side)
    {
        float[] positions = new float[3 * side * side];
        int[] faces = new int[6 * (side - 1) * (side - 1)];
        for (int i = 0, f = 0; i < side * side; i++)
        {
            (int x, int y) = (i % side, i / side);
            (positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]) = (0.01f * x, 0.01f * y, 0.1f * MathF.Sin(0.05f * x) * MathF.Cos(0.09f * y));
            if (x == side - 1 || y == side - 1) continue;
            foreach (int corner in (ReadOnlySpan<int>)[i, i + 1, i + side, i + 1, i + side + 1, i + side]) faces[f++] = corner;
        }
        return (positions, faces);
    }
}
