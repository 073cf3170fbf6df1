using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Projects the label maps of all frames of a scene onto its points.</summary>
public static class PairCollection
{
    /// <param name="scene">Cloud and frames; depth images are read here.</param>
    /// <param name="labelMapOf">Label map of a frame, called from several threads.</param>
    /// <param name="test">Depth tolerance.</param>
    /// <param name="advance">Called once per frame, from several threads.</param>
    /// <param name="stop">Ends the work between two frames.</param>
    /// <returns>The pairs with <see cref="LabelPairs.Refined"/> equal to <see cref="LabelPairs.Raw"/>.</returns>
    public static LabelPairs Collect(Scene scene, Func<Frame, LabelMap> labelMapOf, DepthTest test, Action<long> advance, CancellationToken stop)
    {
        var frames = new FramePairs[scene.Frames.Count];
        Parallel.For(0, frames.Length, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, f =>
        {
            Frame frame = scene.Frames[f];
            frames[f] = CollectFrame(scene.Cloud, frame, labelMapOf(frame), test);
            advance(1);
        });

        int[] offsets = new int[frames.Length + 1];
        for (int f = 0; f < frames.Length; f++) offsets[f + 1] = checked(offsets[f] + frames[f].Points.Length);
        int[] points = new int[offsets[^1]];
        byte[] labels = new byte[points.Length], confidence = new byte[points.Length];
        for (int f = 0; f < frames.Length; f++)
        {
            frames[f].Points.CopyTo(points, offsets[f]);
            frames[f].Labels.CopyTo(labels, offsets[f]);
            frames[f].Confidence.CopyTo(confidence, offsets[f]);
        }
        return new LabelPairs { FrameOffsets = offsets, Points = points, Raw = labels, Refined = [.. labels], Confidence = confidence };
    }

    private static FramePairs CollectFrame(PointCloud cloud, Frame frame, LabelMap map, DepthTest test)
    {
        VisiblePoints visible = FrameProjection.Project(cloud, frame, frame.Images.ReadDepth(), map.ImageWidth, map.ImageHeight, test);
        int[] points = new int[visible.Points.Length];
        byte[] labels = new byte[points.Length], confidence = new byte[points.Length];
        int count = 0;
        for (int i = 0; i < points.Length; i++)
        {
            int pixel = FrameProjection.PixelOf(map, visible.Columns[i], visible.Rows[i]);
            if (map.Labels[pixel] == ClassList.None) continue;
            (points[count], labels[count], confidence[count]) = (visible.Points[i], map.Labels[pixel], map.Confidence[pixel]);
            count++;
        }
        return new FramePairs(points[..count], labels[..count], confidence[..count]);
    }

    private sealed record FramePairs(int[] Points, byte[] Labels, byte[] Confidence);
}
