using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>What is known of one frame's pixels.</summary>
/// <param name="Raw">As they were labelled.</param>
/// <param name="Refined">After a vote inside the image, of the same size; the raw map itself where there is none.</param>
/// <param name="Flat">The 2D network's labels, in whatever size; null where it was not asked.</param>
public sealed record FrameLabels(LabelMap Raw, LabelMap Refined, LabelMap? Flat = null);

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
        return new LabelPairs
        {
            FrameOffsets = offsets,
            Points = Join(frame => frame.Points),
            Raw = Join(frame => frame.Raw),
            Refined = Join(frame => frame.Refined),
            Flat = frames.Any(frame => frame.Flat is null) ? null : Join(frame => frame.Flat!),
            Confidence = Join(frame => frame.Confidence),
        };

        T[] Join<T>(Func<FramePairs, T[]> of)
        {
            T[] all = new T[offsets[^1]];
            for (int f = 0; f < frames.Length; f++) of(frames[f]).CopyTo(all, offsets[f]);
            return all;
        }
    }

    private static FramePairs CollectFrame(PointCloud cloud, Frame frame, FrameLabels of, DepthTest test)
    {
        LabelMap map = of.Raw;
        VisiblePoints visible = FrameProjection.Project(cloud, frame, frame.Images.ReadDepth(), map.ImageWidth, map.ImageHeight, test);
        int[] points = new int[visible.Points.Length];
        byte[] raw = new byte[points.Length], refined = new byte[points.Length], confidence = new byte[points.Length];
        byte[]? flat = of.Flat is null ? null : new byte[points.Length];
        int count = 0;
        for (int i = 0; i < points.Length; i++)
        {
            int pixel = FrameProjection.PixelOf(map, visible.Columns[i], visible.Rows[i]);
            if (map.Labels[pixel] == ClassList.None) continue;
            (points[count], raw[count], refined[count], confidence[count]) = (visible.Points[i], map.Labels[pixel], of.Refined.Labels[pixel], map.Confidence[pixel]);
            if (flat is not null) flat[count] = of.Flat!.Labels[FrameProjection.PixelOf(of.Flat, visible.Columns[i], visible.Rows[i])];
            count++;
        }
        return new FramePairs(points[..count], raw[..count], refined[..count], flat?[..count], confidence[..count]);
    }

    private sealed record FramePairs(int[] Points, byte[] Raw, byte[] Refined, byte[]? Flat, byte[] Confidence);
}
