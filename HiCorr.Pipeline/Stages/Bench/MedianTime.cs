using System.Diagnostics;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Median times of work that is done several times, in seconds.</summary>
/// <param name="Wall">On the clock.</param>
/// <param name="Processor">Of all threads of the process together; hardly feels what else the machine does.</param>
internal readonly record struct MedianTime(double Wall, double Processor)
{
    /// <summary>Times of a piece of work, after one run that is not counted.</summary>
    public static MedianTime Of(int repetitions, CancellationToken stop, Action work) => Of(repetitions, stop, [work])[0];

    /// <summary>Times of every part of a piece of work whose parts follow each other, after one run that is not counted.</summary>
    public static MedianTime[] Of(int repetitions, CancellationToken stop, params Action[] parts)
    {
        double[][] wall = [.. parts.Select(_ => new double[repetitions])], processor = [.. parts.Select(_ => new double[repetitions])];
        foreach (Action part in parts) part();
        for (int i = 0; i < repetitions; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (int part = 0; part < parts.Length; part++)
            {
                TimeSpan used = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                parts[part]();
                wall[part][i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                processor[part][i] = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            }
        }
        return [.. wall.Zip(processor, (w, p) => new MedianTime(Median(w), Median(p)))];
    }

    private static double Median(double[] seconds)
    {
        Array.Sort(seconds);
        return seconds[seconds.Length / 2];
    }
}
