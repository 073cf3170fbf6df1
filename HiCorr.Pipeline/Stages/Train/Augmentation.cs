using HiCorr.Native.Random;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>Rotation about the up axis by 0 to 2π and a flip of each horizontal axis with p = 0.5 (CLIP2Scene's, before voxelising).</summary>
internal static class Augmentation
{
    /// <summary>The matrix (3, 3), row-major, that takes a recording's positions to upright, augmented ones.</summary>
    /// <param name="upright">The scene's upright rotation.</param>
    /// <param name="random">Stream of this scene in this epoch.</param>
    public static double[] Draw(double[] upright, CounterRandom random, bool rotate, bool flip)
    {
        double angle = rotate ? random.Uniform(0, 0, 2 * Math.PI) : 0;
        double flipX = flip && random.Uniform(1) < 0.5 ? -1 : 1, flipY = flip && random.Uniform(2) < 0.5 ? -1 : 1;
        double[] matrix = Upright.Turned(upright, angle);
        for (int column = 0; column < 3; column++)
        {
            matrix[column] *= flipX;
            matrix[3 + column] *= flipY;
        }
        return matrix;
    }
}
