using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Datasets.ScanNet;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Stages.Preprocess;

/// <summary>A frame as <c>scene.json</c> keeps it: images are named by their files, or by a <c>.sens</c> file and an index.</summary>
/// <param name="Id">Name inside the scene.</param>
/// <param name="Pose">4x4 row-major camera-to-world.</param>
/// <param name="ColorCamera">fx, fy, cx, cy.</param>
/// <param name="DepthCamera">fx, fy, cx, cy.</param>
/// <param name="Color">Colour image, or the <c>.sens</c> file.</param>
/// <param name="Depth">Depth image; null in a <c>.sens</c> file.</param>
/// <param name="ColorSize">Width and height.</param>
/// <param name="DepthSize">Width and height.</param>
/// <param name="Index">Frame number in the <c>.sens</c> file.</param>
internal sealed record FrameDescription(string Id, double[] Pose, double[] ColorCamera, double[] DepthCamera,
    string Color, string? Depth, int[] ColorSize, int[] DepthSize, int Index)
{
    public static FrameDescription Of(Frame frame)
    {
        double[] color = [frame.Color.Fx, frame.Color.Fy, frame.Color.Cx, frame.Color.Cy], depth = [frame.Depth.Fx, frame.Depth.Fy, frame.Depth.Cx, frame.Depth.Cy];
        double[] pose = frame.CameraToWorld.ToRowMajor();
        return frame.Images switch
        {
            ImageFiles files => new FrameDescription(frame.Id, pose, color, depth, Path.GetFullPath(files.ColorSource), Path.GetFullPath(files.DepthSource),
                [files.ColorSize.Width, files.ColorSize.Height], [files.DepthSize.Width, files.DepthSize.Height], 0),
            SensImages sens => new FrameDescription(frame.Id, pose, color, depth, Path.GetFullPath(sens.Path), null, [], [], sens.Index),
            _ => throw new NotSupportedException($"Frames of {frame.Images.GetType().Name} cannot be kept."),
        };
    }

    /// <summary>The frames again, every <c>.sens</c> file opened once.</summary>
    public static IReadOnlyList<Frame> Open(IReadOnlyList<FrameDescription> descriptions)
    {
        var streams = new Dictionary<string, SensReader>(StringComparer.Ordinal);
        var frames = new Frame[descriptions.Count];
        for (int i = 0; i < frames.Length; i++) frames[i] = descriptions[i].Open(streams);
        return frames;
    }

    private Frame Open(Dictionary<string, SensReader> streams)
    {
        IFrameImages images;
        if (Depth is not null) images = new ImageFiles(Color, (ColorSize[0], ColorSize[1]), Depth, (DepthSize[0], DepthSize[1]));
        else
        {
            if (!streams.TryGetValue(Color, out SensReader? reader)) streams[Color] = reader = new SensReader(Color);
            images = new SensImages(reader, Color, Index);
        }
        return new Frame(Id, Scenes.Pose.FromRowMajor(Pose), Camera(ColorCamera), Camera(DepthCamera), images);
    }

    private static Intrinsics Camera(double[] values) => new(values[0], values[1], values[2], values[3]);
}
