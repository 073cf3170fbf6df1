namespace HiCorr.Tests.Oracles;

/// <summary>
/// Trilinear devoxelisation as its definition says, in double precision, every point against every voxel of its batch item:
///   w(p, v) = Π_axis max(0, 1 - |p - v| / stride),  divided by 1e-8 + Σ_v w(p, v). Uses nothing of the engine.
/// </summary>
public static class DevoxelisationOracle
{
    /// <summary>Normalised weights (N, M) of all voxels for all points.</summary>
    public static double[,] Weights(SparseConvolutionOracle.Voxel[] voxels, int stride, float[] points, int[] batches)
    {
        double[,] weights = new double[batches.Length, voxels.Length];
        for (int i = 0; i < batches.Length; i++)
        {
            double sum = 1e-8;
            for (int v = 0; v < voxels.Length; v++)
            {
                if (voxels[v].Batch != batches[i]) continue;
                weights[i, v] = Share(points[3 * i] - voxels[v].X) * Share(points[(3 * i) + 1] - voxels[v].Y) * Share(points[(3 * i) + 2] - voxels[v].Z);
                sum += weights[i, v];
            }
            for (int v = 0; v < voxels.Length; v++) weights[i, v] /= sum;
        }
        return weights;

        double Share(double distance) => Math.Max(0, 1 - (Math.Abs(distance) / stride));
    }

    /// <summary>Features (N, C) of the points from those of the voxels (M, C).</summary>
    public static double[] Forward(double[,] weights, float[] features, int channels)
    {
        double[] output = new double[weights.GetLength(0) * channels];
        for (int i = 0; i < weights.GetLength(0); i++)
            for (int v = 0; v < weights.GetLength(1); v++)
                for (int c = 0; c < channels; c++) output[(i * channels) + c] += weights[i, v] * features[(v * channels) + c];
        return output;
    }

    /// <summary>Gradient (M, C) of the voxels' features.</summary>
    public static double[] Backward(double[,] weights, float[] gradOutput, int channels)
    {
        double[] gradient = new double[weights.GetLength(1) * channels];
        for (int i = 0; i < weights.GetLength(0); i++)
            for (int v = 0; v < weights.GetLength(1); v++)
                for (int c = 0; c < channels; c++) gradient[(v * channels) + c] += weights[i, v] * gradOutput[(i * channels) + c];
        return gradient;
    }
}
