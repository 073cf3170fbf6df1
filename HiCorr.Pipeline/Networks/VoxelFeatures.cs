using HiCorr.Native.Voxels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Networks;

/// <summary>What the 3D network knows of a voxel beside its place.</summary>
public enum NetworkInputs
{
    /// <summary>Red, green and blue as c / 127.5 - 1, of the voxel's first point (CLIP2Scene's and MinkowskiEngine's convention).</summary>
    Color,

    /// <summary>
    /// Means over the voxel's points: colour, unit normal, height above the floor in metres less 1, and place inside the voxel from -1 to 1. Ours: a
    /// coarse voxel loses what stands out a few centimetres from a wall, and a convolution cannot see how high it is.
    /// </summary>
    ColorAndShape,
}

/// <summary>The network's input rows (voxels, channels).</summary>
internal static class VoxelFeatures
{
    /// <summary>The floor is below all but this share of a scene's points: stray points may lie lower.</summary>
    private const double BelowFloor = 0.01;

    private const int Color = 0, Normal = 3, Height = 6, Place = 7, ShapeChannels = 10;

    private const string ColorName = "color", ColorAndShapeName = "color_shape";

    /// <summary>As configuration and network files write it.</summary>
    public static string Name(this NetworkInputs inputs) => inputs == NetworkInputs.Color ? ColorName : ColorAndShapeName;

    /// <summary>Null for a name that is none.</summary>
    public static NetworkInputs? Parse(string name) => name switch
    {
        ColorName => NetworkInputs.Color,
        ColorAndShapeName => NetworkInputs.ColorAndShape,
        _ => null,
    };

    public static int Channels(this NetworkInputs inputs) => inputs == NetworkInputs.Color ? Normal : ShapeChannels;

    /// <summary>-1 to 1.</summary>
    public static float OfColor(byte value) => value / 127.5f - 1;

    /// <param name="items">Clouds with the matrix (3, 3) that turns each upright.</param>
    /// <param name="turned">Their positions, turned and centred, that were cut into voxels.</param>
    /// <param name="firstPoint">Where each cloud's points begin among all.</param>
    public static float[] Compute(NetworkInputs inputs, IReadOnlyList<(PointCloud Cloud, double[] Turn)> items, float[][] turned, int[] firstPoint, VoxelLevels voxels, double voxelSize)
    {
        int channels = inputs.Channels();
        float[] features = new float[channels * voxels.First.Length];
        int[] points = new int[voxels.First.Length];
        Parallel.For(0, items.Count, item => // a voxel holds points of one cloud
        {
            (PointCloud cloud, double[] turn) = items[item];
            ReadOnlySpan<int> rowOf = voxels.RowOf, first = voxels.First;
            float floor = inputs == NetworkInputs.Color ? 0 : FloorOf(turned[item]);
            for (int p = 0; p < cloud.Count; p++)
            {
                int voxel = rowOf[firstPoint[item] + p];
                if (inputs == NetworkInputs.Color && first[voxel] != firstPoint[item] + p) continue;
                points[voxel]++;
                Span<float> row = features.AsSpan(channels * voxel, channels);
                for (int c = 0; c < 3; c++) row[Color + c] += OfColor(cloud.Colors[(3 * p) + c]);
                if (inputs == NetworkInputs.Color) continue;

                ReadOnlySpan<float> normal = cloud.Normals.AsSpan(3 * p, 3), position = turned[item].AsSpan(3 * p, 3);
                row[Height] += position[2] - floor - 1;
                for (int axis = 0; axis < 3; axis++)
                {
                    row[Normal + axis] += (float)((turn[3 * axis] * normal[0]) + (turn[(3 * axis) + 1] * normal[1]) + (turn[(3 * axis) + 2] * normal[2]));
                    double cells = position[axis] / voxelSize;
                    row[Place + axis] += (float)(2 * (cells - Math.Floor(cells)) - 1);
                }
            }
        });
        for (int i = 0; i < features.Length; i++) features[i] /= points[i / channels];
        return features;
    }

    private static float FloorOf(float[] positions)
    {
        float[] heights = new float[positions.Length / 3];
        for (int p = 0; p < heights.Length; p++) heights[p] = positions[(3 * p) + 2];
        Array.Sort(heights);
        return heights.Length == 0 ? 0 : heights[(int)(BelowFloor * heights.Length)];
    }
}
