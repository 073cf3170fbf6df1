using HiCorr.Native.Cuda;

namespace HiCorr.Native.Ops.Projection;

/// <summary>
/// Which points of a cloud a posed RGB-D view sees: x_c = E⁻¹ x with z &gt; 0, u = fx x/z + cx and v = fy y/z + cy nearest to a pixel of the colour image
/// (its camera) and of the depth image (its own), and measured depth within tolerance of z. A hole in the depth image sees nothing. All in doubles, every
/// operation rounded, so that devices agree on every point. No gradient.
/// </summary>
public static partial class Projection
{
    /// <summary>The points that a view sees.</summary>
    /// <param name="points">Points in the view's world; they say where to work.</param>
    /// <param name="view">Pose, cameras and depth tolerance.</param>
    /// <param name="depth">Depth along the camera's z axis in millimetres, (H, W) of the depth camera; 0 = no measurement.</param>
    /// <exception cref="ArgumentException">The pose is no 4x4 matrix, or the depth image not of its camera's size.</exception>
    public static VisiblePoints Forward(ProjectionPoints points, ProjectionView view, ReadOnlySpan<ushort> depth)
    {
        if (view.WorldToCamera.Length != 16) throw new ArgumentException($"a pose of {view.WorldToCamera.Length} numbers: expected 4 x 4", nameof(view));
        if (depth.Length != (long)view.Depth.Width * view.Depth.Height)
            throw new ArgumentException($"{depth.Length} depths: expected {view.Depth.Width} x {view.Depth.Height}", nameof(depth));
        return points.Device is CudaDevice cuda ? ForwardCuda(cuda, points.Tensor, view, depth) : ForwardCpu(points.Positions, points.Blocks, view, depth);
    }
}
