using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Scenes;
using MathNet.Numerics.Statistics;

namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>What the labels make of one class in different scenes.</summary>
/// <param name="Scenes">Scenes with at least <see cref="SceneDifference.FewestLabels"/> labels on its points; the others say too little.</param>
/// <param name="MeanRecall">Mean over the scenes of the share of those labels that is right; null without a scene.</param>
/// <param name="RecallDeviation">Standard deviation of that share over the scenes; null with fewer than two.</param>
/// <param name="Majorities">
/// The most frequent label on its points in each scene, with the number of scenes; most scenes first, <see cref="ClassList.None"/> = no class of the
/// ground truth.
/// </param>
/// <param name="Contradiction">
/// Of two scenes, how often their most frequent labels differ: 1 - Σ_l k_l (k_l - 1) / (S (S - 1)); null with fewer than two.
/// </param>
/// <param name="ConfusionDistance">
/// Mean over the scenes of half of Σ_l |q_s(l) - q(l)|, with q_s the shares of the labels in a scene and q their mean: 0 where every scene confuses
/// the class alike; null with fewer than two.
/// </param>
public sealed record ClassDifference(int Scenes, double? MeanRecall, double? RecallDeviation, IReadOnlyList<(byte Label, int Scenes)> Majorities,
    double? Contradiction, double? ConfusionDistance);

/// <summary>How the confusion of a class differs between scenes: noise that is fixed inside a scene, so that only another scene contradicts it.</summary>
public sealed class SceneDifference(int classCount)
{
    /// <summary>Fewer labels of a class tell little of its confusion in a scene.</summary>
    public const int FewestLabels = 100;

    private readonly List<ConfusionMatrix> _scenes = [];

    /// <summary>Mean over the classes with two or more scenes of the standard deviation of recall.</summary>
    public double RecallDeviation => Classes.Average(c => c.RecallDeviation) ?? 0;

    /// <summary>Mean over the same classes of <see cref="ClassDifference.Contradiction"/>.</summary>
    public double Contradiction => Classes.Average(c => c.Contradiction) ?? 0;

    /// <summary>Mean over the same classes of <see cref="ClassDifference.ConfusionDistance"/>.</summary>
    public double ConfusionDistance => Classes.Average(c => c.ConfusionDistance) ?? 0;

    /// <summary>Of the same classes, the share whose most frequent label is not the same in all scenes.</summary>
    public double ContradictedClasses
    {
        get
        {
            ClassDifference[] several = [.. Classes.Where(c => c.Scenes > 1)];
            return several.Length == 0 ? 0 : (double)several.Count(c => c.Majorities.Count > 1) / several.Length;
        }
    }

    /// <summary>A result per class.</summary>
    public IReadOnlyList<ClassDifference> Classes => [.. Enumerable.Range(0, classCount).Select(Of)];

    /// <summary>Adds one scene.</summary>
    /// <param name="labels">Its labels, each (point, view) counted once.</param>
    public void AddScene(ConfusionMatrix labels) => _scenes.Add(labels);

    private ClassDifference Of(int label)
    {
        double[][] shares = [.. _scenes.Where(scene => scene.TruthCount(label) >= FewestLabels).Select(scene => Shares(scene, label))];
        (byte Label, int Scenes)[] majorities =
            [.. shares.GroupBy(Majority).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Select(group => (group.Key, group.Count()))];
        double[] recalls = [.. shares.Select(share => share[label])];
        if (shares.Length < 2) return new ClassDifference(shares.Length, shares.Length == 0 ? null : recalls[0], null, majorities, null, null);
        long same = majorities.Sum(majority => (long)majority.Scenes * (majority.Scenes - 1)), all = (long)shares.Length * (shares.Length - 1);
        return new ClassDifference(shares.Length, recalls.Average(), recalls.PopulationStandardDeviation(), majorities, 1 - (double)same / all, Distance(shares));
    }

    /// <summary>Share of each label on the points of a class; the last is that of labels that are no class of the ground truth.</summary>
    private double[] Shares(ConfusionMatrix scene, int label)
    {
        double total = scene.TruthCount(label);
        return [.. Enumerable.Range(0, classCount).Select(prediction => scene[label, prediction] / total), scene.Unpredicted(label) / total];
    }

    /// <summary>Of equals the smallest class index, as in every vote.</summary>
    private byte Majority(double[] shares)
    {
        int best = 0;
        for (int l = 1; l < shares.Length; l++) if (shares[l] > shares[best]) best = l;
        return best == classCount ? ClassList.None : (byte)best;
    }

    private static double Distance(double[][] shares)
    {
        double sum = 0;
        for (int l = 0; l < shares[0].Length; l++)
        {
            double mean = shares.Average(share => share[l]);
            sum += shares.Average(share => Math.Abs(share[l] - mean)) / 2;
        }
        return sum;
    }
}
