using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>What is known of one frame's pixels.</summary>
/// <param name="Raw">As they were labelled.</param>
/// <param name="Refined">After a vote inside the image, of the same size; the raw map itself where there is none.</param>
public sealed record FrameLabels(LabelMap Raw, LabelMap Refined);

/// <summary>Projects the label maps of all frames of a scene onto its points.</summary>
public static class PairCollection
{
    /// <param name="scene">Cloud and frames; depth images are read here.</param>
    /// <param name="labelsOf">Label maps of a frame, called from several threads.</param>
    /// <param name="test">Depth tolerance.</param>
    /// <param name="advance">Called once per frame, from several threads.</param>
    /// <param name="stop">Ends the work between two frames.</param>
    public static LabelPairs Collect(Scene scene, Func<Frame, FrameLabels> labelsOf, DepthTest test, Action<long> advance, CancellationToken stop)
    {
        var frames = new FramePairs[scene.Frames.Count];
        Parallel.For(0, frames.Length, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, f =>
        {
            Frame frame = scene.Frames[f];
            frames[f] = CollectFrame(scene.Cloud, frame, labelsOf(frame), test);
            advance(1);
        });

        int[] offsets = new int[frames.Length + 1];
        for (int f = 0; f < frames.Length; f++) offsets[f + 1] = checked(offsets[f] + frames[f].Points.Length);
        int[] points = new int[offsets[^1]];
        byte[] raw = new byte[points.Length], refined = new byte[points.Length], confidence = new byte[points.Length];
        for (int f = 0; f < frames.Length; f++)
        {
            frames[f].Points.CopyTo(points, offsets[f]);
            frames[f].Raw.CopyTo(raw, offsets[f]);
            frames[f].Refined.CopyTo(refined, offsets[f]);
            frames[f].Confidence.CopyTo(confidence, offsets[f]);
        }
        return new LabelPairs { FrameOffsets = offsets, Points = points, Raw = raw, Refined = refined, Confidence = confidence };
    }

    private static FramePairs CollectFrame(PointCloud cloud, Frame frame, FrameLabels of, DepthTest test)
    {
        LabelMap map = of.Raw;
        VisiblePoints visible = FrameProjection.Project(cloud, frame, frame.Images.ReadDepth(), map.ImageWidth, map.ImageHeight, test);
        int[] points = new int[visible.Points.Length];
        byte[] raw = new byte[points.Length], refined = new byte[points.Length], confidence = new byte[points.Length];
        int count = 0;
        for (int i = 0; i < points.Length; i++)
        {
            int pixel = FrameProjection.PixelOf(map, visible.Columns[i], visible.Rows[i]);
            if (map.Labels[pixel] == ClassList.None) continue;
            (points[count], raw[count], refined[count], confidence[count]) = (visible.Points[i], map.Labels[pixel], of.Refined.Labels[pixel], map.Confidence[pixel]);
            count++;
        }
        return new FramePairs(points[..count], raw[..count], refined[..count], confidence[..count]);
    }

    private sealed record FramePairs(int[] Points, byte[] Raw, byte[] Refined, byte[] Confidence);
}
