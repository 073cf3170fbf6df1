namespace HiCorr.Native.Ops.Projection;

/// <summary>A pinhole camera and the size of its image; u = fx x/z + cx and v = fy y/z + cy in pixels, whose centres lie at whole numbers.</summary>
public readonly record struct Pinhole(double Fx, double Fy, double Cx, double Cy, int Width, int Height);

/// <summary>How far a point may lie from the measured surface and still count as seen.</summary>
/// <param name="Tolerance">Metres, or a share of the measured depth.</param>
/// <param name="Relative">False: |D - z| &lt;= tolerance (HICL, CLIP2Scene). True: |D - z| &lt;= tolerance * D (OpenScene).</param>
public readonly record struct DepthTest(double Tolerance, bool Relative);

/// <summary>A posed view of a scene.</summary>
/// <param name="WorldToCamera">E⁻¹, (4, 4) row-major, metres; camera axes x right, y down, z forward.</param>
/// <param name="Image">The camera of the colour image.</param>
/// <param name="Depth">The camera of the depth image, with the same axes.</param>
/// <param name="Test">Depth tolerance.</param>
public sealed record ProjectionView(double[] WorldToCamera, Pinhole Image, Pinhole Depth, DepthTest Test);

/// <summary>Points of a cloud that one view sees, in ascending order, and where in its colour image.</summary>
/// <param name="Points">Indices into the cloud.</param>
/// <param name="Columns">u in pixels of the colour image, pixel centres at whole numbers.</param>
/// <param name="Rows">v in pixels of the colour image.</param>
public sealed record VisiblePoints(int[] Points, float[] Columns, float[] Rows); // (P) each
