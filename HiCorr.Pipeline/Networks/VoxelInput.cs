using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Networks;

/// <summary>
/// Clouds, or images, as the network takes them: voxel rows and what is known of each voxel. Training and prediction share it, so that they cannot drift apart.
/// </summary>
internal sealed class VoxelInput : IDisposable
{
    /// <summary>Tensor strides 1 to 16.</summary>
    private const int Levels = 5;

    private readonly float[] _features;

    private VoxelInput(VoxelLevels voxels, float[] features, int[] firstPoint) => (Voxels, _features, FirstPoint) = (voxels, features, firstPoint);

    public VoxelLevels Voxels { get; }

    /// <summary>Where each item's points, or pixels, begin among all; one more entry than items.</summary>
    public int[] FirstPoint { get; }

    /// <summary>Voxel row of a point or pixel of the given batch item.</summary>
    public int RowOf(int item, int point) => Voxels.RowOf[FirstPoint[item] + point];

    /// <summary>The network's input, (voxels, channels of its <see cref="NetworkInputs"/>).</summary>
    public Tensor Features(Device device)
    {
        int voxels = Voxels.First.Length;
        Tensor features = device.Memory.Rent(voxels, voxels == 0 ? 0 : _features.Length / voxels);
        features.CopyFrom(_features);
        return features;
    }

    /// <param name="items">Clouds with the matrix (3, 3) that turns each upright.</param>
    /// <param name="voxelSize">Metres.</param>
    /// <param name="inputs">What is known of a voxel.</param>
    /// <exception cref="InputException">A point lies too far from the others to have a voxel.</exception>
    public static VoxelInput Build(Device device, IReadOnlyList<(PointCloud Cloud, double[] Turn)> items, double voxelSize, NetworkInputs inputs)
    {
        int[] firstPoint = new int[items.Count + 1];
        for (int i = 0; i < items.Count; i++) firstPoint[i + 1] = firstPoint[i] + items[i].Cloud.Count;
        int[] rows = new int[4 * firstPoint[^1]];
        float[][] turned = new float[items.Count][];
        Parallel.For(0, items.Count, i =>
        {
            turned[i] = TurnAndCentre(items[i].Cloud.Positions, items[i].Turn);
            CheckReach(items[i].Cloud, turned[i], voxelSize);
            Quantiser.Quantise(turned[i], voxelSize, i, rows.AsSpan(4 * firstPoint[i], 4 * items[i].Cloud.Count));
        });

        var voxels = VoxelLevels.Build(device, rows, Levels);
        return new VoxelInput(voxels, VoxelFeatures.Compute(inputs, items, turned, firstPoint, voxels, voxelSize), firstPoint);
    }

    /// <summary>Flat images: pixel (x, y) is the voxel (x, y, 0), so that of a 3x3x3 kernel only the 3x3 in the middle has neighbours; inputs are colours.</summary>
    public static VoxelInput OfImages(Device device, IReadOnlyList<ColorImage> images)
    {
        int[] firstPixel = new int[images.Count + 1];
        for (int i = 0; i < images.Count; i++) firstPixel[i + 1] = firstPixel[i] + images[i].Width * images[i].Height;
        int[] rows = new int[4 * firstPixel[^1]];
        for (int i = 0; i < images.Count; i++)
        {
            for (int pixel = 0; pixel < images[i].Width * images[i].Height; pixel++)
            {
                Span<int> row = rows.AsSpan(4 * (firstPixel[i] + pixel), 4);
                (row[0], row[1], row[2]) = (i, pixel % images[i].Width, pixel / images[i].Width);
            }
        }
        var voxels = VoxelLevels.Build(device, rows, Levels);
        int channels = NetworkInputs.Color.Channels();
        float[] features = new float[channels * voxels.First.Length];
        for (int row = 0; row < voxels.First.Length; row++)
        {
            int pixel = voxels.First[row], item = rows[4 * pixel];
            for (int c = 0; c < channels; c++) features[channels * row + c] = VoxelFeatures.OfColor(images[item].Pixels[3 * (pixel - firstPixel[item]) + c]);
        }
        return new VoxelInput(voxels, features, firstPixel);
    }

    public void Dispose() => Voxels.Dispose();

    private static void CheckReach(PointCloud cloud, float[] turned, double voxelSize)
    {
        double reach = voxelSize * int.MaxValue;
        for (int i = 0; i < turned.Length; i++)
            if (!(Math.Abs(turned[i]) < reach))
                throw new InputException(cloud.Source, $"point {i / 3}", string.Create(CultureInfo.InvariantCulture, $"points within {reach:g3} m of their mean"),
                    string.Create(CultureInfo.InvariantCulture, $"one {Math.Abs(turned[i]):g3} m away"), "Remove what is not part of the scene, or take larger voxels (network.voxel_size)");
    }

    private static float[] TurnAndCentre(float[] positions, double[] turn)
    {
        double[] mean = new double[3];
        float[] turned = new float[positions.Length];
        for (int i = 0; i < positions.Length; i += 3)
        {
            for (int axis = 0; axis < 3; axis++)
            {
                double value = turn[3 * axis] * positions[i] + turn[3 * axis + 1] * positions[i + 1] + turn[3 * axis + 2] * positions[i + 2];
                turned[i + axis] = (float)value;
                mean[axis] += value;
            }
        }
        int count = Math.Max(1, positions.Length / 3);
        for (int i = 0; i < turned.Length; i++) turned[i] = (float)(turned[i] - mean[i % 3] / count);
        return turned;
    }
}
