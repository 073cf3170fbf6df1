using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rgbd;

/// <summary>
/// Fuses posed depth frames into one cloud: measurements are averaged per voxel, weighted by how squarely and closely they were
/// seen; measurements beside depth edges are left out and voxels with few measurements dropped, which removes flying pixels.
/// The same frames give the same bits, whatever the thread count.
/// </summary>
/// <param name="voxel">Edge of a voxel in metres.</param>
/// <param name="minimumObservations">Fewest measurements (pixels) that a voxel needs.</param>
/// <param name="threads">Frames that are read and measured side by side.</param>
public sealed class DepthFusion(double voxel, int minimumObservations, int threads)
{
    /// <summary>Frames that are in memory at a time; independent of the thread count, like everything that orders sums.</summary>
    private const int Batch = 16;

    /// <summary>Points in the recording's own coordinates with colours and normals, ordered by voxel.</summary>
    /// <exception cref="InputException">An image is damaged, or no voxel has enough measurements.</exception>
    public PointCloud Fuse(IReadOnlyList<Frame> frames, string source, CancellationToken stop = default)
    {
        var all = new VoxelSums(1 << 16);
        var parts = new VoxelSums[Batch];
        var options = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = threads };
        for (int start = 0; start < frames.Count; start += Batch)
        {
            int first = start;
            Parallel.For(0, Math.Min(Batch, frames.Count - start), options, i => parts[i] = Measure(frames[first + i]));
            for (int i = 0; i < Math.Min(Batch, frames.Count - start); i++) all.Merge(parts[i]);
        }
        return ToCloud(all, source);
    }

    private VoxelSums Measure(Frame frame)
    {
        DepthImage depth = frame.Images.ReadDepth();
        ColorImage color = frame.Images.ReadColor();
        var sums = new VoxelSums(1 << 14);
        var surface = new DepthSurface(depth, frame.Depth, voxel);
        Pose pose = frame.CameraToWorld;
        for (int v = 0; v < depth.Height; v++)
        {
            for (int u = 0; u < depth.Width; u++)
            {
                if (!surface.TryMeasure(u, v, out SurfaceSample sample)) continue;
                int cu = (int)Math.Round(sample.X / sample.Z * frame.Color.Fx + frame.Color.Cx), cv = (int)Math.Round(sample.Y / sample.Z * frame.Color.Fy + frame.Color.Cy);
                if ((uint)cu >= (uint)color.Width || (uint)cv >= (uint)color.Height) continue;
                (double x, double y, double z) = pose.Apply(sample.X, sample.Y, sample.Z);
                long key = VoxelKey.Of(x / voxel, y / voxel, z / voxel);
                if (key < 0) throw new InputException(frame.Images.DepthSource, $"pixel ({u}, {v})", $"points within {VoxelKey.Reach * voxel:0} m of the origin", $"({x:0}, {y:0}, {z:0})", "The pose moves the camera too far away");
                ref VoxelSum sum = ref sums.Find(key);
                double w = sample.Weight;
                int pixel = (cv * color.Width + cu) * 3;
                sum.Count++;
                sum.Weight += w;
                sum.X += w * x;
                sum.Y += w * y;
                sum.Z += w * z;
                sum.Nx += w * (pose.R00 * sample.Nx + pose.R01 * sample.Ny + pose.R02 * sample.Nz);
                sum.Ny += w * (pose.R10 * sample.Nx + pose.R11 * sample.Ny + pose.R12 * sample.Nz);
                sum.Nz += w * (pose.R20 * sample.Nx + pose.R21 * sample.Ny + pose.R22 * sample.Nz);
                sum.Red += w * color.Pixels[pixel];
                sum.Green += w * color.Pixels[pixel + 1];
                sum.Blue += w * color.Pixels[pixel + 2];
            }
        }
        return sums;
    }

    private PointCloud ToCloud(VoxelSums all, string source)
    {
        VoxelSum[] kept = all.Items.ToArray().Where(s => s.Count >= minimumObservations).ToArray();
        if (kept.Length == 0)
            throw new InputException(source, null, $"depth that meets at least once in {minimumObservations} pixels per voxel of {voxel} m", "none", "rgbd.fusion_voxel and rgbd.fusion_min_observations set both");
        Array.Sort(kept, (a, b) => a.Key.CompareTo(b.Key));
        float[] positions = new float[kept.Length * 3], normals = new float[kept.Length * 3];
        byte[] colors = new byte[kept.Length * 3];
        for (int i = 0; i < kept.Length; i++)
        {
            VoxelSum s = kept[i];
            (positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]) = ((float)(s.X / s.Weight), (float)(s.Y / s.Weight), (float)(s.Z / s.Weight));
            (normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]) = ((float)(s.Nx / s.Weight), (float)(s.Ny / s.Weight), (float)(s.Nz / s.Weight));
            (colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]) = ((byte)Math.Round(s.Red / s.Weight), (byte)Math.Round(s.Green / s.Weight), (byte)Math.Round(s.Blue / s.Weight));
        }
        return new PointCloud { Positions = positions, Colors = colors, Normals = Normals.Normalize(normals) };
    }
}
