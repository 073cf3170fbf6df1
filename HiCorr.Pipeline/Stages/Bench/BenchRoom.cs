namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Voxels of a room that is made on the spot, for benchmarks without a file: surfaces, as a recording has them.</summary>
internal static class BenchRoom
{
    /// <summary>What a voxel file's name begins with to ask for one: made:120000.</summary>
    public const string Prefix = "made:";

    private const int FewestVoxels = 100, MostVoxels = 10_000_000, Tables = 9;

    /// <summary>Voxel rows (batch, x, y, z) of a floor, two walls and tables on it, about as many as asked for.</summary>
    /// <param name="name">made:N.</param>
    /// <exception cref="ConfigurationException">N is no number of voxels.</exception>
    public static int[] Rows(string name)
    {
        if (!int.TryParse(name.AsSpan(Prefix.Length), out int count) || count is < FewestVoxels or > MostVoxels)
            throw new ConfigurationException("--voxels", $"'{name}' asks for no number of voxels", $"Give {Prefix}{FewestVoxels} to {Prefix}{MostVoxels}, or an npy file");
        // Floor e², walls 2 · 0.4 e², tables 9 · (e / 6)².
        int edge = (int)Math.Sqrt(count / 2.05), height = (int)(0.4 * edge), table = edge / 6;
        var rows = new List<int>(4 * count);
        for (int a = 0; a < edge; a++)
        {
            for (int b = 0; b < edge; b++) rows.AddRange([0, a, b, 0]);
            for (int z = 1; z < height; z++)
            {
                rows.AddRange([0, a, 0, z]);
                if (a > 0) rows.AddRange([0, 0, a, z]); // the walls meet in a corner
            }
        }
        for (int t = 0; t < Tables; t++)
            for (int a = 0; a < table; a++)
                for (int b = 0; b < table; b++) rows.AddRange([0, (t % 3 * 2 * table) + a + 2, (t / 3 * 2 * table) + b + 2, 4 + t]);
        return [.. rows];
    }
}
