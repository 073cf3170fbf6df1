using System.Diagnostics;
using System.Globalization;

namespace HiCorr.Pipeline.Telemetry;

/// <summary>One line on stderr: a bar with ETA on a terminal, a plain line every ten seconds elsewhere. Safe to advance from several threads.</summary>
public sealed class Progress : IDisposable
{
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
            : _done == 0 ? "ETA --:--" : "ETA " + TimeSpan.FromSeconds(seconds * Math.Max(0, _total - all) / _done).ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        string count = $"{all}/{_total}";
        if (_terminal)
        {
            int filled = (int)(share * 24);
            Console.Error.Write($"\r\x1b[K{_title,-14} [{new string('#', filled)}{new string('.', 24 - filled)}] {share,4:0%} {count} {time} {_note}{(final ? "\n" : "")}");
        }
        else
        {
            Console.Error.WriteLine($"{_title,-14} {share,4:0%} {count} {time} {_note}".TrimEnd());
        }
    }
}
