using System.Globalization;
using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Datasets;

/// <summary>
/// A posed RGB-D recording from inside a box whose six faces have one colour each: the depth is exact, so that everything made of
/// it can be checked. The box spans ±(2, 1.5, 1.25) m about the origin, z up.
/// </summary>
internal static class BoxRecording
{
    public const int Width = 80, Height = 60;
    private const double Focal = 70;
    public static readonly double[] HalfSize = [2, 1.5, 1.25];

    /// <summary>Colour by face: -x, +x, -y, +y, -z, +z.</summary>
    public static readonly byte[][] Colors = [[200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30], [200, 30, 200], [30, 200, 200]];

    /// <summary>Writes <paramref name="frames"/> frames that look all around.</summary>
    public static void Write(string folder, int frames = 12, int colorScale = 2)
    {
        foreach (string part in (string[])["color", "depth", "pose"]) Directory.CreateDirectory(Path.Combine(folder, part));
        File.WriteAllText(Path.Combine(folder, "intrinsics_color.txt"), MatrixText.Format(Camera(colorScale)));
        File.WriteAllText(Path.Combine(folder, "intrinsics_depth.txt"), MatrixText.Format(Camera(1)));
        for (int i = 0; i < frames; i++)
        {
            string id = (100 * i).ToString("D6", CultureInfo.InvariantCulture);
            Pose pose = PoseOf(i, frames);
            File.WriteAllText(Path.Combine(folder, "pose", id + ".txt"), MatrixText.Format(pose.ToRowMajor()));
            PngWriter.WriteGray16(Path.Combine(folder, "depth", id + ".png"), Depth(pose));
            ImageWriter.WriteJpeg(Path.Combine(folder, "color", id + ".jpg"), Color(pose, colorScale), 95);
        }
    }

    public static Pose PoseOf(int index, int frames)
    {
        double yaw = 2 * Math.PI * index / frames, pitch = 0.5 * Math.Sin(3 * yaw);
        (double X, double Y, double Z) forward = (Math.Cos(yaw) * Math.Cos(pitch), Math.Sin(yaw) * Math.Cos(pitch), Math.Sin(pitch));
        (double X, double Y) right = (Math.Sin(yaw), -Math.Cos(yaw));
        // down = forward x right
        (double X, double Y, double Z) down = (-forward.Z * right.Y, forward.Z * right.X, forward.X * right.Y - forward.Y * right.X);
        return new Pose(right.X, down.X, forward.X, 0.3 * Math.Cos(2 * yaw), right.Y, down.Y, forward.Y, 0.2 * Math.Sin(yaw), 0, down.Z, forward.Z, 0.1);
    }

    /// <summary>Which face a point lies on, and how far from it.</summary>
    public static (int Face, double Distance) Nearest(double x, double y, double z)
    {
        double[] point = [x, y, z];
        (int, double) best = (0, double.PositiveInfinity);
        for (int face = 0; face < 6; face++)
        {
            double distance = Math.Abs(point[face / 2] - (face % 2 == 0 ? -1 : 1) * HalfSize[face / 2]);
            if (distance < best.Item2) best = (face, distance);
        }
        return best;
    }

    private static double[] Camera(int scale) => [Focal * scale, 0, (Width - 1) / 2.0 * scale, 0, 0, Focal * scale, (Height - 1) / 2.0 * scale, 0, 0, 0, 1, 0, 0, 0, 0, 1];

    private static DepthImage Depth(Pose pose)
    {
        var image = new DepthImage(Width, Height, new ushort[Width * Height]);
        for (int v = 0; v < Height; v++)
            for (int u = 0; u < Width; u++) image.Millimetres[v * Width + u] = (ushort)Math.Round(1000 * Hit(pose, u, v, 1).Depth);
        return image;
    }

    private static ColorImage Color(Pose pose, int scale)
    {
        var image = new ColorImage(Width * scale, Height * scale, new byte[Width * Height * scale * scale * 3]);
        for (int v = 0; v < image.Height; v++)
            for (int u = 0; u < image.Width; u++) Colors[Hit(pose, u, v, scale).Face].CopyTo(image.Pixels, (v * image.Width + u) * 3);
        return image;
    }

    private static (double Depth, int Face) Hit(Pose pose, int u, int v, int scale)
    {
        double[] camera = Camera(scale);
        double x = (u - camera[2]) / camera[0], y = (v - camera[6]) / camera[5];
        double[] direction = [pose.R00 * x + pose.R01 * y + pose.R02, pose.R10 * x + pose.R11 * y + pose.R12, pose.R20 * x + pose.R21 * y + pose.R22];
        double[] origin = [pose.Tx, pose.Ty, pose.Tz];
        (double, int) nearest = (double.PositiveInfinity, 0);
        for (int axis = 0; axis < 3; axis++)
        {
            int side = direction[axis] < 0 ? 0 : 1;
            double t = ((side == 0 ? -1 : 1) * HalfSize[axis] - origin[axis]) / direction[axis];
            if (t < nearest.Item1) nearest = (t, 2 * axis + side);
        }
        return nearest;
    }
}
