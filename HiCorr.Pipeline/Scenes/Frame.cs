namespace HiCorr.Pipeline.Scenes;

/// <summary>One posed RGB-D frame. Images are read when asked for.</summary>
/// <param name="Id">Name inside the scene, for example "000100".</param>
/// <param name="CameraToWorld">4x4, metres; camera axes x right, y down, z forward.</param>
/// <param name="Color">Intrinsics of the colour image.</param>
/// <param name="Depth">Intrinsics of the depth image.</param>
/// <param name="Images">Where the pixels come from.</param>
public sealed record Frame(string Id, Pose CameraToWorld, Intrinsics Color, Intrinsics Depth, IFrameImages Images);

/// <summary>The pixels of one frame.</summary>
public interface IFrameImages
{
    /// <summary>What the cache and error messages call it: a path, or a path and an index.</summary>
    string ColorSource { get; }

    string DepthSource { get; }

    ColorImage ReadColor();

    DepthImage ReadDepth();
}

/// <summary>An 8-bit RGB image, rows from the top.</summary>
public sealed record ColorImage(int Width, int Height, byte[] Pixels); // (H, W, 3)

/// <summary>Depth along the camera's z axis in millimetres, 0 = no measurement.</summary>
public sealed record DepthImage(int Width, int Height, ushort[] Millimetres); // (H, W)

/// <summary>Pinhole camera in pixels; pixel centres lie at whole numbers.</summary>
public readonly record struct Intrinsics(double Fx, double Fy, double Cx, double Cy);
