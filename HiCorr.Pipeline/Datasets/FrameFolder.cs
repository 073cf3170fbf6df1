using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets;

/// <summary>
/// Posed frames in ScanNet's 25k-frames layout: <c>color/*.jpg|png</c>, <c>depth/*.png</c> (16-bit millimetres), <c>pose/*.txt</c>
/// (4x4 camera-to-world, metres), <c>intrinsics_color.txt</c>, <c>intrinsics_depth.txt</c>.
/// </summary>
internal static class FrameFolder
{
    private static readonly string[] ColorEndings = [".jpg", ".jpeg", ".png"];

    /// <summary>Whether a folder looks like a recording in this layout.</summary>
    public static bool IsRecording(string folder) => Directory.Exists(Path.Combine(folder, "color")) && Directory.Exists(Path.Combine(folder, "pose"));

    /// <summary>Every file that the frames come from, in a fixed order.</summary>
    public static IEnumerable<string> Files(string folder)
    {
        foreach (string part in (string[])["color", "depth", "pose"])
            foreach (string file in List(Path.Combine(folder, part))) yield return file;
        yield return Path.Combine(folder, "intrinsics_color.txt");
        yield return Path.Combine(folder, "intrinsics_depth.txt");
    }

    /// <summary>Every <paramref name="stride"/>-th frame in the order of names; frames whose pose is not finite are left out and counted in the log.</summary>
    /// <exception cref="InputException">
    /// A frame lacks its depth or pose or has two images, a pose is no rigid motion, or a depth image has another size than the first.
    /// </exception>
    public static IReadOnlyList<Frame> Read(string folder, int stride)
    {
        Dictionary<string, string> depths = ById(List(Path.Combine(folder, "depth")).Where(f => f.EndsWith(".png", StringComparison.OrdinalIgnoreCase)));
        string[] colors = [.. List(Path.Combine(folder, "color")).Where(f => ColorEndings.Contains(Path.GetExtension(f).ToLowerInvariant()))];
        ById(colors);
        if (colors.Length == 0) throw new InputException(Path.Combine(folder, "color"), null, "colour images (*.jpg or *.png)", "none");
        var frames = new List<Frame>();
        int lost = 0;
        Intrinsics color = default, depth = default;
        (int Width, int Height) colorSize = default, depthSize = default;
        for (int i = 0; i < colors.Length; i += stride)
        {
            string id = Path.GetFileNameWithoutExtension(colors[i]);
            if (!depths.TryGetValue(id, out string? depthFile))
                throw new InputException(Path.Combine(folder, "depth", id + ".png"), null, $"the depth image of {Path.GetFileName(colors[i])}", "no such file");
            if (i == 0)
            {
                colorSize = ImageReader.ReadSize(colors[0]);
                depthSize = PngReader.ReadSize(depthFile);
                color = CameraFiles.ReadIntrinsics(Path.Combine(folder, "intrinsics_color.txt"), colorSize);
                depth = CameraFiles.ReadIntrinsics(Path.Combine(folder, "intrinsics_depth.txt"), depthSize);
            }
            var images = new ImageFiles(colors[i], colorSize, depthFile, depthSize);
            images.CheckDepthSize(PngReader.ReadSize(depthFile));
            string poseFile = Path.Combine(folder, "pose", id + ".txt");
            if (!File.Exists(poseFile)) throw new InputException(poseFile, null, $"the pose of {Path.GetFileName(colors[i])}", "no such file", "A pose of NaN marks a frame to leave out");
            if (CameraFiles.ReadPose(poseFile) is { } pose) frames.Add(new Frame(id, pose, color, depth, images));
            else lost++;
        }
        if (lost > 0) Log.Warn("{0}: {1} of {2} frames have no finite pose and are left out", folder, lost, lost + frames.Count);
        return frames;
    }

    /// <summary>Files by their names without ending, which name the frames: two files of one name would share one label map.</summary>
    private static Dictionary<string, string> ById(IEnumerable<string> files)
    {
        var byId = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in files)
            if (!byId.TryAdd(Path.GetFileNameWithoutExtension(file), file))
                throw new InputException(file, null, "one image of each name", $"{Path.GetFileName(byId[Path.GetFileNameWithoutExtension(file)])} beside it", "Keep one of the two");
        return byId;
    }

    private static string[] List(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        string[] files = Directory.GetFiles(folder);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}

/// <summary>Images in files of their own, which must have the sizes that their cameras were measured for.</summary>
internal sealed record ImageFiles(string ColorSource, (int Width, int Height) ColorSize, string DepthSource, (int Width, int Height) DepthSize) : IFrameImages
{
    public ColorImage ReadColor()
    {
        ColorImage image = ImageReader.Read(ColorSource);
        return (image.Width, image.Height) == ColorSize ? image
            : throw new InputException(ColorSource, null, $"{ColorSize.Width} x {ColorSize.Height} pixels, as the other colour images have", $"{image.Width} x {image.Height}");
    }

    public DepthImage ReadDepth()
    {
        DepthImage image = PngReader.ReadGray16(DepthSource);
        CheckDepthSize((image.Width, image.Height));
        return image;
    }

    public void CheckDepthSize((int Width, int Height) size)
    {
        if (size != DepthSize)
            throw new InputException(DepthSource, null, $"{DepthSize.Width} x {DepthSize.Height} pixels, as the other depth images have", $"{size.Width} x {size.Height}");
    }
}
