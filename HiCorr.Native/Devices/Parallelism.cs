using System.Runtime.ExceptionServices;

namespace HiCorr.Native.Devices;

/// <summary>Work of one block of a parallel loop. Holds plain values and pointers only, so that starting a loop allocates nothing.</summary>
public interface IParallelBlock
{
    /// <summary>Does block <paramref name="index"/>; must write nothing that another block reads or writes.</summary>
    void Execute(int index);
}

/// <summary>
/// A fixed team of threads for loops over blocks. Which thread takes a block is left to chance, what a block computes is not:
/// blocks are cut by the problem's size alone, so results have the same bits for any number of threads.
/// </summary>
public sealed unsafe class Parallelism : IDisposable
{
    private const int SpinsBeforeSleep = 200;
    private readonly Lock _oneLoopAtATime = new();
    private readonly object _gate = new();
    private readonly Thread[] _workers;
    private delegate*<void*, int, void> _invoke;
    private void* _body;
    private int _count;
    private int _next;
    private int _busy;
    private volatile int _generation;
    private bool _open;
    private volatile bool _stopped;
    private Exception? _failure;
    [ThreadStatic] private static bool s_insideLoop;

    /// <param name="threads">Threads that work on a loop, the calling one included; at least 1.</param>
    public Parallelism(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(WorkUntilStopped) { IsBackground = true, Name = $"hicorr-{i + 1}" };
            _workers[i].Start();
        }
    }

    public int Threads => _workers.Length + 1;

    /// <summary>HICORR_THREADS where it is set, else the number of processors.</summary>
    /// <exception cref="ConfigurationException">HICORR_THREADS is not a whole number from 1 to 1024.</exception>
    public static int DefaultThreads()
    {
        string? text = Environment.GetEnvironmentVariable("HICORR_THREADS");
        if (string.IsNullOrEmpty(text)) return Environment.ProcessorCount;
        return int.TryParse(text, out int threads) && threads is >= 1 and <= 1024
            ? threads
            : throw new ConfigurationException("HICORR_THREADS", $"'{text}' is not a number of threads", "Give a whole number from 1 to 1024");
    }

    /// <summary>Runs blocks 0 to count - 1 and returns when all are done. A loop inside a block runs on the block's own thread.</summary>
    public void For<TBlock>(int count, TBlock body) where TBlock : unmanaged, IParallelBlock
    {
        if (count <= 0) return;
        if (count == 1 || _workers.Length == 0 || s_insideLoop)
        {
            for (int i = 0; i < count; i++) body.Execute(i);
            return;
        }
        lock (_oneLoopAtATime)
        {
            _invoke = &Invoke<TBlock>;
            _body = &body;
            _count = count;
            _next = 0;
            _failure = null;
            lock (_gate)
            {
                _open = true;
                _generation++;
                Monitor.PulseAll(_gate);
            }
            TakeBlocks();
            lock (_gate) _open = false; // a worker that wakes only now has missed the loop and is not waited for
            var spin = new SpinWait();
            while (Volatile.Read(ref _busy) != 0) spin.SpinOnce(sleep1Threshold: -1);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (Thread worker in _workers) worker.Join();
    }

    private static void Invoke<TBlock>(void* body, int index) where TBlock : unmanaged, IParallelBlock => ((TBlock*)body)->Execute(index);

    private void TakeBlocks()
    {
        s_insideLoop = true;
        try
        {
            for (int i; (i = Interlocked.Increment(ref _next) - 1) < _count;) _invoke(_body, i);
        }
        catch (Exception failure)
        {
            // The loop has to end on every thread before the caller's stack frame, which holds the body, may go.
            Interlocked.CompareExchange(ref _failure, failure, null);
            Volatile.Write(ref _next, _count);
        }
        finally
        {
            s_insideLoop = false;
        }
    }

    private void WorkUntilStopped()
    {
        int seen = 0;
        while (true)
        {
            var spin = new SpinWait();
            while (_generation == seen && !_stopped && spin.Count < SpinsBeforeSleep) spin.SpinOnce(sleep1Threshold: -1);
            lock (_gate)
            {
                while (_generation == seen && !_stopped) Monitor.Wait(_gate);
                if (_stopped) return;
                seen = _generation;
                if (!_open) continue;
                _busy++;
            }
            TakeBlocks();
            lock (_gate) _busy--;
        }
    }
}
