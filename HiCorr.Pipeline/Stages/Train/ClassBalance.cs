namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// How many of a class's pairs training draws. With f_c the share of class c among all pairs and r the share of the rarest class (at least
/// <see cref="RarestShare"/>), a pair is kept with probability (r / f_c)^exponent: 0 keeps all (the paper's L_ce), 1 makes all classes equal. Ours:
/// without it a short training learns walls and floors and little else.
/// </summary>
/// <param name="Keep">Probability per class.</param>
internal sealed record ClassBalance(double[] Keep)
{
    /// <summary>A class with fewer pairs than this is not waited for: a handful of stray labels must not empty all others.</summary>
    private const double RarestShare = 0.005;

    public static ClassBalance Of(IReadOnlyList<TrainingScene> scenes, int classes, double exponent)
    {
        long[] counts = new long[classes];
        foreach (TrainingScene scene in scenes)
            foreach (byte label in scene.Pairs.Refined) counts[label]++;
        return Of(counts, exponent);
    }

    /// <param name="counts">Labels per class; at least one.</param>
    public static ClassBalance Of(long[] counts, double exponent)
    {
        double total = counts.Sum(), rarest = Math.Max(RarestShare, counts.Where(count => count > 0).Min() / total);
        return new ClassBalance([.. counts.Select(count => count == 0 ? 1 : Math.Min(1, Math.Pow(rarest * total / count, exponent)))]);
    }
}
