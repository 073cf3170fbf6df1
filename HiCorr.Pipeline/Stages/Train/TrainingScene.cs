using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>One scene as training reads it.</summary>
internal sealed record TrainingScene(string Name, PointCloud Cloud, double[] Upright, LabelPairs Pairs, GeometricSets Sets)
{
    /// <summary>Draws at most <paramref name="views"/> frames and gives their pairs; another subset every epoch.</summary>
    /// <param name="random">Stream of this scene in this epoch.</param>
    /// <param name="views">Frames to draw.</param>
    /// <param name="balance">Which pairs of a frequent class are left out.</param>
    public (List<int> Points, List<byte> Labels) DrawPairs(CounterRandom random, int views, ClassBalance balance)
    {
        int[] frames = random.Permutation(Pairs.FrameCount)[..Math.Min(views, Pairs.FrameCount)];
        Array.Sort(frames);
        var points = new List<int>();
        var labels = new List<byte>();
        foreach (int frame in frames)
        {
            for (int i = Pairs.FrameOffsets[frame]; i < Pairs.FrameOffsets[frame + 1]; i++)
            {
                byte label = Pairs.Refined[i];
                // Counters below the number of frames have drawn the frames.
                if (balance.Keep[label] < 1 && random.Uniform((ulong)(Pairs.FrameCount + i)) >= balance.Keep[label]) continue;
                points.Add(Pairs.Points[i]);
                labels.Add(label);
            }
        }
        return (points, labels);
    }
}
