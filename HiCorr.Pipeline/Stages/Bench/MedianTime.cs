using System.Diagnostics;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Median times of work that is done several times, in seconds.</summary>
/// <param name="Wall">On the clock; on a GPU by its own events.</param>
/// <param name="Processor">Of all threads of the process together; hardly feels what else the machine does.</param>
/// <param name="Spread">From the shortest to the longest time on the clock.</param>
internal readonly record struct MedianTime(double Wall, double Processor, double Spread)
{
    /// <summary>Times of a piece of work, after one run that is not counted.</summary>
    public static MedianTime Of(Device device, int repetitions, CancellationToken stop, Action work) => Of(device, repetitions, stop, [work])[0];

    /// <summary>Times of every part of a piece of work whose parts follow each other, after one run that is not counted.</summary>
    public static MedianTime[] Of(Device device, int repetitions, CancellationToken stop, params Action[] parts)
    {
        double[][] wall = [.. parts.Select(_ => new double[repetitions])], processor = [.. parts.Select(_ => new double[repetitions])];
        CudaClock? clock = device is CudaDevice cuda ? new CudaClock(cuda) : null;
        foreach (Action part in parts) part();
        for (int i = 0; i < repetitions; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (int part = 0; part < parts.Length; part++)
            {
                TimeSpan used = Environment.CpuUsage.TotalTime;
                wall[part][i] = clock?.Time(parts[part]) ?? Time(parts[part]);
                processor[part][i] = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            }
        }
        return [.. wall.Zip(processor, (w, p) => new MedianTime(Median(w), Median(p), w.Max() - w.Min()))];
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(double[] seconds)
    {
        Array.Sort(seconds);
        return seconds[seconds.Length / 2];
    }
}
