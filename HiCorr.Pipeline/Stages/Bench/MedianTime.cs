using System.Diagnostics;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Median times of work that is done several times.</summary>
internal static class MedianTime
{
    /// <summary>Seconds of a piece of work, after one run that is not counted.</summary>
    public static double Of(int repetitions, CancellationToken stop, Action work) => Of(repetitions, stop, [work])[0];

    /// <summary>Seconds of every part of a piece of work whose parts follow each other, after one run that is not counted.</summary>
    public static double[] Of(int repetitions, CancellationToken stop, params Action[] parts)
    {
        double[][] seconds = [.. parts.Select(_ => new double[repetitions])];
        foreach (Action part in parts) part();
        for (int i = 0; i < repetitions; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (int part = 0; part < parts.Length; part++)
            {
                long start = Stopwatch.GetTimestamp();
                parts[part]();
                seconds[part][i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
        foreach (double[] times in seconds) Array.Sort(times);
        return [.. seconds.Select(times => times[repetitions / 2])];
    }
}
