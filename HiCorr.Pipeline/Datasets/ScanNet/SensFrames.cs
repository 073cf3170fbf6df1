using System.Globalization;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets.ScanNet;

/// <summary>Frames of a <c>.sens</c> file.</summary>
internal static class SensFrames
{
    /// <summary>Every <paramref name="stride"/>-th frame with a finite pose.</summary>
    public static IReadOnlyList<Frame> Read(string path, int stride)
    {
        var reader = new SensReader(path);
        SensHeader header = reader.Header;
        Intrinsics color = CameraFiles.ToIntrinsics(header.ColorIntrinsics, (header.ColorWidth, header.ColorHeight), path + ", colour camera");
        Intrinsics depth = CameraFiles.ToIntrinsics(header.DepthIntrinsics, (header.DepthWidth, header.DepthHeight), path + ", depth camera");
        var frames = new List<Frame>();
        int lost = 0;
        for (int i = 0; i < reader.FrameCount; i += stride)
        {
            if (CameraFiles.ToPose(reader.Pose(i), $"{path}, frame {i}") is { } pose)
                frames.Add(new Frame(i.ToString("D6", CultureInfo.InvariantCulture), pose, color, depth, new SensImages(reader, path, i)));
            else lost++;
        }
        if (lost > 0) Log.Warn("{0}: {1} of {2} frames have no finite pose and are left out", path, lost, lost + frames.Count);
        return frames;
    }
}

/// <summary>The images of one frame of a <c>.sens</c> file that stays open as long as a frame is in use.</summary>
internal sealed class SensImages(SensReader reader, string path, int index) : IFrameImages
{
    public string Path => path;
    public int Index => index;
    public string ColorSource => $"{path}#{index}/color";
    public string DepthSource => $"{path}#{index}/depth";
    public ColorImage ReadColor() => reader.ReadColor(index);
    public DepthImage ReadDepth() => reader.ReadDepth(index);
}
