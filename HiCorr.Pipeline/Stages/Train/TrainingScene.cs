using HiCorr.Native.Ops.Projection;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>One scene as training reads it.</summary>
internal sealed record TrainingScene(string Name, PointCloud Cloud, double[] Upright, LabelPairs Pairs, GeometricSets Sets)
{
    /// <summary>Features of the points, read anew for every step: those of all scenes would not fit in memory. Null where no loss needs them.</summary>
    public Func<FusedFeatures>? ReadFused { get; init; }

    /// <summary>The points that a frame sees and its features, by its index; read anew for every step. Null where no loss needs them.</summary>
    public Func<int, (VisiblePoints Points, PixelFeatures Features)>? ReadFrame { get; init; }

    /// <summary>Draws at most <paramref name="views"/> frames and gives their pairs; another subset every epoch.</summary>
    /// <param name="random">Stream of this scene in this epoch.</param>
    /// <param name="views">Frames to draw.</param>
    /// <param name="balance">Which pairs of a frequent class are left out.</param>
    /// <param name="cotraining">Whose labels a drawn frame has; null for the refined ones.</param>
    public DrawnPairs DrawPairs(CounterRandom random, int views, ClassBalance balance, LabelSwitch? cotraining = null)
    {
        int[] frames = random.Permutation(Pairs.FrameCount)[..Math.Min(views, Pairs.FrameCount)];
        Array.Sort(frames);
        var drawn = new DrawnPairs([], [], []);
        foreach (int frame in frames)
        {
            int first = drawn.Points.Count;
            byte[] labels = cotraining is { } labelSwitch && labelSwitch.TakesFlat(frame) ? Pairs.Flat! : Pairs.Refined;
            for (int i = Pairs.FrameOffsets[frame]; i < Pairs.FrameOffsets[frame + 1]; i++)
            {
                byte label = labels[i];
                // Counters below the number of frames have drawn the frames.
                if (balance.Keep[label] < 1 && random.Uniform((ulong)(Pairs.FrameCount + i)) >= balance.Keep[label]) continue;
                drawn.Points.Add(Pairs.Points[i]);
                drawn.Labels.Add(label);
            }
            drawn.Frames.Add((frame, first..drawn.Points.Count));
        }
        return drawn;
    }
}

/// <summary>Co-training (Chen et al.): the labels of a frame are with some probability those of the 2D network.</summary>
/// <param name="Random">Stream of a scene in an epoch.</param>
/// <param name="Probability">Of a frame.</param>
internal readonly record struct LabelSwitch(CounterRandom Random, double Probability)
{
    public bool TakesFlat(int frame) => Random.Uniform((ulong)frame) < Probability;
}

/// <summary>The pairs of one scene and step.</summary>
/// <param name="Points">Of each pair, ascending inside a frame.</param>
/// <param name="Labels">Of each pair.</param>
/// <param name="Frames">The drawn frames by index, and which pairs are theirs.</param>
internal sealed record DrawnPairs(List<int> Points, List<byte> Labels, List<(int Frame, Range Pairs)> Frames);
