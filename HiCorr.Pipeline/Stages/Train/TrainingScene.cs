using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>One scene as training reads it.</summary>
internal sealed record TrainingScene(string Name, PointCloud Cloud, double[] Upright, LabelPairs Pairs)
{
    /// <summary>Draws at most <paramref name="views"/> frames and gives their pairs; another subset every epoch.</summary>
    public (int[] Points, byte[] Labels) DrawPairs(CounterRandom random, int views)
    {
        int[] frames = random.Permutation(Pairs.FrameCount)[..Math.Min(views, Pairs.FrameCount)];
        Array.Sort(frames);
        int count = 0;
        foreach (int frame in frames) count += Pairs.FrameOffsets[frame + 1] - Pairs.FrameOffsets[frame];
        int[] points = new int[count];
        byte[] labels = new byte[count];
        int filled = 0;
        foreach (int frame in frames)
        {
            Range range = Pairs.OfFrame(frame);
            Pairs.Points.AsSpan()[range].CopyTo(points.AsSpan(filled));
            Pairs.Refined.AsSpan()[range].CopyTo(labels.AsSpan(filled));
            filled += range.End.Value - range.Start.Value;
        }
        return (points, labels);
    }
}
