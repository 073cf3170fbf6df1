namespace HiCorr.Native.Voxels;

/// <summary>Points in metres to voxel rows.</summary>
public static class Quantiser
{
    /// <summary>Writes floor(position / voxelSize) with its batch item in front, one voxel row a point.</summary>
    /// <param name="positions">(N, 3), metres.</param>
    /// <param name="voxelSize">Edge of a voxel, metres.</param>
    /// <param name="batch">Batch item of all these points.</param>
    /// <param name="rows">(N, 4), filled with (batch, x, y, z).</param>
    /// <exception cref="ConfigurationException">The voxel size is not a positive number, or a point is not finite or too far out for a 32-bit cell.</exception>
    public static void Quantise(ReadOnlySpan<float> positions, double voxelSize, int batch, Span<int> rows)
    {
        if (!(voxelSize > 0) || !double.IsFinite(voxelSize))
            throw new ConfigurationException("voxel_size", $"{voxelSize} is not a length", "Give a positive number of metres");
        if (rows.Length / 4 != positions.Length / 3) throw new ArgumentException("One voxel row a point.", nameof(rows));
        for (int i = 0; i < positions.Length / 3; i++)
        {
            rows[4 * i] = batch;
            for (int axis = 0; axis < 3; axis++)
            {
                double cell = Math.Floor(positions[(3 * i) + axis] / voxelSize);
                if (!(Math.Abs(cell) <= int.MaxValue))
                    throw new ConfigurationException("voxel_size", $"point {i} at {positions[(3 * i) + axis]} m has no cell at {voxelSize} m",
                        "Remove points that are not finite or lie far outside the scene");
                rows[(4 * i) + 1 + axis] = (int)cell;
            }
        }
    }
}
