using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Stages;

/// <summary>Frames that look along z at a strip of points (0, 0, 1), (1, 0, 1), ...: one row of pixels, a pixel a point.</summary>
internal static class StripFrame
{
    /// <param name="depth">Millimetres, of each pixel; 1000 sees the point.</param>
    public static Frame Write(TemporaryFolder folder, string id, params ushort[] depth)
    {
        string path = folder.PathOf(id + ".png");
        PngWriter.WriteGray16(path, new DepthImage(depth.Length, 1, depth));
        var camera = new Intrinsics(1, 1, 0, 0);
        return new Frame(id, new Pose(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), camera, camera, new ImageFiles(path, (depth.Length, 1), path, (depth.Length, 1)));
    }
}
