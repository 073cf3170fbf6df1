using System.Diagnostics;
using System.Globalization;

namespace HiCorr.Pipeline.Telemetry;

/// <summary>One line on stderr: a bar with ETA on a terminal, a plain line every ten seconds elsewhere. Safe to advance from several threads.</summary>
public sealed class Progress : IDisposable
{
    /// <summary>Columns from which the long bar leaves room for what stands behind it.</summary>
    private const int WideTerminal = 100;

    private readonly string _title;
    private readonly long _total;
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private long _done;
    private long _alreadyDone;
    private double _nextPrint;
    private string _note = "";

    public Progress(string title, long total)
    {
        _title = title;
        _total = Math.Max(total, 1);
        _nextPrint = _terminal ? 0 : 10;
        lock (_lock) Print(final: false);
    }

    /// <summary>Set to false by --quiet.</summary>
    public static bool Enabled { get; set; } = true;

    /// <summary>Work that an earlier run left behind: it moves the bar but not the ETA.</summary>
    public void Skip(long amount = 1)
    {
        lock (_lock) { _alreadyDone += amount; Print(final: false); }
    }

    public void Advance(long amount = 1, string? note = null)
    {
        lock (_lock)
        {
            _done += amount;
            if (note is not null) _note = note;
            Print(final: false);
        }
    }

    public void Dispose()
    {
        lock (_lock) Print(final: true);
    }

    private void Print(bool final)
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        if (!Enabled || (!final && seconds < _nextPrint)) return;
        _nextPrint = seconds + (_terminal ? 0.1 : 10);
        long all = _done + _alreadyDone;
        double share = Math.Min(1, (double)all / _total);
        string time = final ? $"{seconds:0.0} s"
            : _done == 0 ? "ETA --:--" : "ETA " + Duration(seconds * Math.Max(0, _total - all) / _done);
        string count = $"{all}/{_total}";
        if (_terminal)
        {
            Console.Error.Write($"{TerminalLine.Clear}{Line(_title, share, $"{count} {time} {_note}", TerminalLine.Width)}{(final ? "\n" : "")}");
        }
        else
        {
            Console.Error.WriteLine($"{_title,-14} {share,4:0%} {count} {time} {_note}".TrimEnd());
        }
    }

    /// <summary>A line that fits into <paramref name="width"/> columns: one that wraps could not be overwritten by the next.</summary>
    internal static string Line(string title, double share, string text, int width)
    {
        int bar = width >= WideTerminal ? 24 : 12, filled = (int)(share * bar);
        string line = $"{title,-14} [{new string('#', filled)}{new string('.', bar - filled)}] {share,4:0%} {text}".TrimEnd();
        return line.Length < width ? line : line[..Math.Max(0, width - 1)];
    }

    /// <summary>"00:12:34", or "2d 00:12:34" from a day on.</summary>
    internal static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
        return span.ToString(span.Days > 0 ? @"d'd 'hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
    }
}
