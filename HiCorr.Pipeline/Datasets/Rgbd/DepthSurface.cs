using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rgbd;

/// <summary>A measured point with its normal, in camera coordinates (metres), and how much it counts.</summary>
internal readonly record struct SurfaceSample(double X, double Y, double Z, double Nx, double Ny, double Nz, double Weight);

/// <summary>Points and normals of a depth image. Normals come from neighbours about half a voxel away on either side.</summary>
internal sealed class DepthSurface(DepthImage depth, Intrinsics camera, double voxel)
{
    /// <summary>A bend of the surface by more than this share of its depth is an edge between two surfaces.</summary>
    private const double EdgeTolerance = 0.02;

    /// <summary>Surfaces seen at a flatter angle (cosine) are mostly smeared edges.</summary>
    private const double LeastCosine = 0.1;

    private const int LargestStep = 8;

    /// <summary>False where there is no measurement, at an edge, or where the surface is seen too flat.</summary>
    public bool TryMeasure(int u, int v, out SurfaceSample sample)
    {
        sample = default;
        double z = Depth(u, v);
        if (z == 0) return false;
        int step = Math.Clamp((int)(voxel / 2 * camera.Fx / z), 1, LargestStep);
        if (u < step || v < step || u >= depth.Width - step || v >= depth.Height - step) return false;
        double left = Depth(u - step, v), right = Depth(u + step, v), up = Depth(u, v - step), down = Depth(u, v + step);
        if (left == 0 || right == 0 || up == 0 || down == 0) return false;
        // The inverse depth of a plane is linear in the pixel, so slanted planes are no edges.
        if (Math.Abs(z / left + z / right - 2) > EdgeTolerance || Math.Abs(z / up + z / down - 2) > EdgeTolerance) return false;

        double x = (u - camera.Cx) / camera.Fx, y = (v - camera.Cy) / camera.Fy;
        double stepX = step / camera.Fx, stepY = step / camera.Fy;
        double ax = (x + stepX) * right - (x - stepX) * left, ay = y * (right - left), az = right - left;
        double bx = x * (down - up), by = (y + stepY) * down - (y - stepY) * up, bz = down - up;
        double nx = by * az - ay * bz, ny = bz * ax - az * bx, nz = bx * ay - ax * by;
        double length = Math.Sqrt(nx * nx + ny * ny + nz * nz);
        double cosine = -(nx * x + ny * y + nz) / (length * Math.Sqrt(x * x + y * y + 1));
        if (!(cosine >= LeastCosine)) return false;
        sample = new SurfaceSample(x * z, y * z, z, nx / length, ny / length, nz / length, cosine / (z * z));
        return true;
    }

    private double Depth(int u, int v) => depth.Millimetres[v * depth.Width + u] * 0.001;
}
