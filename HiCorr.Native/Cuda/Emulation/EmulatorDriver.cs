using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda.Emulation;

/// <summary>What a driver has handed out and not got back.</summary>
public readonly record struct EmulatorCounts(int Allocations, int PinnedAllocations, int Modules, int Streams, int Events, int Graphs);

/// <summary>
/// A CUDA device made of processor threads, for tests of kernels and of their launches. Streams do their work at once, so an error of a kernel is thrown
/// by its launch. Memory that was never written reads as NaN or -1.
/// </summary>
public sealed unsafe class EmulatorDriver : ICudaDriver
{
    private const int DefaultSharedMemory = 48 * 1024;
    private const int MostSharedMemory = 227 * 1024;
    private const int MostBlocksYZ = 65535;
    private readonly Lock _gate = new();
    private readonly EmulatorMemory _memory;
    private readonly HashSet<nint> _pinned = [];
    private readonly EmulatorHandles<Module> _modules = new("module");
    private readonly EmulatorHandles<Function> _functions = new("function");
    private readonly EmulatorHandles<Stream> _streams = new("stream");
    private readonly EmulatorHandles<Event> _events = new("event");
    private readonly EmulatorHandles<List<Action>> _graphs = new("graph");
    private readonly HashSet<Capture> _captures = [];
    private readonly Stream _defaultStream = new();
    private readonly int _workers;

    /// <param name="workers">Processor threads that run blocks; null for all processors.</param>
    /// <param name="memoryBytes">Device memory that there is; none of it is taken before it is allocated.</param>
    public EmulatorDriver(int? workers = null, long memoryBytes = 4L << 30)
    {
        _workers = workers ?? Environment.ProcessorCount;
        _memory = new EmulatorMemory(memoryBytes);
        Properties = new CudaProperties("emulator", 9, 0, _workers, memoryBytes, 11080);
    }

    public CudaProperties Properties { get; }

    /// <summary>Decides in which order threads go on that may go on in any order. The same seed gives the same orders.</summary>
    public ulong Seed { get; set; }

    /// <summary>What is alive now.</summary>
    public EmulatorCounts Live => new(_memory.Count, _pinned.Count, _modules.Count, _streams.Count, _events.Count, _graphs.Count);

    /// <summary>Kernels run so far, those of graphs included.</summary>
    public long Launches { get; private set; }

    public (long Free, long Total) MemoryInfo()
    {
        lock (_gate) return (_memory.Capacity - _memory.Used, _memory.Capacity);
    }

    public nint Allocate(long bytes)
    {
        lock (_gate)
        {
            RefuseWhileRecording(nameof(Allocate));
            return _memory.Allocate(bytes);
        }
    }

    public void Free(nint memory)
    {
        lock (_gate)
        {
            RefuseWhileRecording(nameof(Free));
            _memory.Free(memory);
        }
    }

    public nint AllocateAsync(long bytes, nint stream)
    {
        lock (_gate)
        {
            RefuseWhileRecorded(nameof(AllocateAsync), stream);
            return _memory.Allocate(bytes);
        }
    }

    public void FreeAsync(nint memory, nint stream)
    {
        lock (_gate)
        {
            RefuseWhileRecorded(nameof(FreeAsync), stream);
            _memory.Free(memory);
        }
    }

    public nint AllocatePinned(long bytes)
    {
        lock (_gate)
        {
            nint memory = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
            _pinned.Add(memory);
            return memory;
        }
    }

    public void FreePinned(nint memory)
    {
        lock (_gate)
        {
            if (!_pinned.Remove(memory)) throw new DeviceException($"{nameof(FreePinned)}: 0x{memory:x} is no pinned memory that is alive");
            NativeMemory.AlignedFree((void*)memory);
        }
    }

    public void CopyToDevice(nint device, void* host, long bytes, nint stream) => Do(nameof(CopyToDevice), stream, () =>
    {
        _memory.Check(nameof(CopyToDevice), device, bytes);
        NativeMemory.Copy(host, (void*)device, (nuint)bytes);
    });

    public void CopyToHost(void* host, nint device, long bytes, nint stream) => Do(nameof(CopyToHost), stream, () =>
    {
        _memory.Check(nameof(CopyToHost), device, bytes);
        NativeMemory.Copy((void*)device, host, (nuint)bytes);
    });

    public void CopyOnDevice(nint to, nint from, long bytes, nint stream) => CopyRowsOnDevice(to, bytes, from, bytes, bytes, 1, stream);

    public void CopyRowsOnDevice(nint to, long toPitch, nint from, long fromPitch, long width, long rows, nint stream) =>
        Do(nameof(CopyRowsOnDevice), stream, () =>
        {
            for (long row = 0; row < rows; row++)
            {
                (nint target, nint source) = ((nint)(to + row * toPitch), (nint)(from + row * fromPitch));
                _memory.Check(nameof(CopyRowsOnDevice), target, width);
                _memory.Check(nameof(CopyRowsOnDevice), source, width);
                NativeMemory.Copy((void*)source, (void*)target, (nuint)width);
            }
        });

    public void Fill(nint device, byte value, long bytes, nint stream) => Do(nameof(Fill), stream, () =>
    {
        _memory.Check(nameof(Fill), device, bytes);
        NativeMemory.Fill((void*)device, (nuint)bytes, value);
    });

    public nint LoadModule(string path)
    {
        lock (_gate) return _modules.Add(new Module(new EmulatorLibrary(path)));
    }

    public void UnloadModule(nint module)
    {
        lock (_gate)
        {
            Module unloaded = _modules.Remove(nameof(UnloadModule), module);
            foreach (nint function in unloaded.Functions.Values) _functions.Remove(nameof(UnloadModule), function);
            unloaded.Library.Dispose();
        }
    }

    public nint GetFunction(nint module, string name)
    {
        lock (_gate)
        {
            Module found = _modules.Find(nameof(GetFunction), module);
            if (found.Functions.TryGetValue(name, out nint known)) return known;
            nint kernel = found.Library.FindKernel(name);
            if (kernel == 0) throw new DeviceException($"{nameof(GetFunction)}: {found.Library.Path} has no kernel '{name}'");
            nint function = _functions.Add(new Function(found.Library, kernel, found.Library.ArgumentBytes(kernel)));
            found.Functions.Add(name, function);
            return function;
        }
    }

    public void AllowSharedMemory(nint function, int bytes)
    {
        if (bytes > MostSharedMemory)
            throw new DeviceException($"{nameof(AllowSharedMemory)}: {bytes:N0} bytes wanted, a block can have {MostSharedMemory:N0}");
        lock (_gate) _functions.Find(nameof(AllowSharedMemory), function).SharedBytes = bytes;
    }

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments)
    {
        lock (_gate)
        {
            Function found = _functions.Find(nameof(Launch), function);
            if (shape.GridX < 1 || shape.GridY is < 1 or > MostBlocksYZ || shape.GridZ is < 1 or > MostBlocksYZ
                || shape.BlockX < 1 || shape.BlockY < 1 || shape.BlockZ < 1)
                throw new DeviceException($"{nameof(Launch)}: expected at least one block and thread and at most {MostBlocksYZ} blocks in y and z, found {shape}");
            if (shape.SharedBytes > found.SharedBytes)
                throw new DeviceException($"{nameof(Launch)}: {shape.SharedBytes:N0} bytes of dynamic shared memory; {found.SharedBytes:N0} were allowed, see AllowSharedMemory");
            if (FindStream(nameof(Launch), stream).Capture is not { } capture)
            {
                Run(found, shape, arguments);
                return;
            }
            byte[][] values = [.. found.ArgumentBytes.Select((bytes, i) => new ReadOnlySpan<byte>(arguments[i], bytes).ToArray())];
            LaunchShape recorded = shape;
            capture.Work.Add(() => Replay(found, recorded, values));
        }
    }

    public nint CreateStream()
    {
        lock (_gate) return _streams.Add(new Stream());
    }

    public void DestroyStream(nint stream)
    {
        lock (_gate) _streams.Remove(nameof(DestroyStream), stream);
    }

    public void Synchronize(nint stream)
    {
        lock (_gate)
        {
            RefuseWhileRecorded(nameof(Synchronize), stream);
            _memory.CheckGuards();
        }
    }

    public void Wait(nint stream, nint cudaEvent)
    {
        lock (_gate)
        {
            Stream waiting = FindStream(nameof(Wait), stream);
            // A stream that waits for recorded work is recorded with it, as in CUDA.
            if (_events.Find(nameof(Wait), cudaEvent).Capture is { } capture && _captures.Contains(capture)) waiting.Capture = capture;
        }
    }

    public nint CreateEvent()
    {
        lock (_gate) return _events.Add(new Event());
    }

    public void DestroyEvent(nint cudaEvent)
    {
        lock (_gate) _events.Remove(nameof(DestroyEvent), cudaEvent);
    }

    public void Record(nint cudaEvent, nint stream)
    {
        lock (_gate)
        {
            Event recorded = _events.Find(nameof(Record), cudaEvent);
            recorded.Capture = FindStream(nameof(Record), stream).Capture;
            recorded.Time = recorded.Capture is null ? Stopwatch.GetTimestamp() : null;
        }
    }

    public float Elapsed(nint from, nint to)
    {
        lock (_gate)
        {
            if (_events.Find(nameof(Elapsed), from).Time is not { } start || _events.Find(nameof(Elapsed), to).Time is not { } end)
                throw new DeviceException($"{nameof(Elapsed)}: both events must have been recorded, and not into a graph");
            return (float)Stopwatch.GetElapsedTime(start, end).TotalMilliseconds;
        }
    }

    public void BeginCapture(nint stream)
    {
        lock (_gate)
        {
            if (stream == 0) throw new DeviceException($"{nameof(BeginCapture)}: the default stream cannot be recorded; create one");
            RefuseWhileRecorded(nameof(BeginCapture), stream);
            _captures.Add(FindStream(nameof(BeginCapture), stream).Capture = new Capture(Environment.CurrentManagedThreadId));
        }
    }

    public nint EndCapture(nint stream)
    {
        lock (_gate)
        {
            Capture capture = FindStream(nameof(EndCapture), stream).Capture ?? throw new DeviceException($"{nameof(EndCapture)}: stream {stream} is not being recorded");
            _captures.Remove(capture);
            foreach (Stream joined in _streams.All)
                if (joined.Capture == capture) joined.Capture = null;
            return _graphs.Add(capture.Work);
        }
    }

    public void LaunchGraph(nint graph, nint stream) => Do(nameof(LaunchGraph), stream, () =>
    {
        foreach (Action work in _graphs.Find(nameof(LaunchGraph), graph)) work();
    });

    public void DestroyGraph(nint graph)
    {
        lock (_gate) _graphs.Remove(nameof(DestroyGraph), graph);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _memory.Dispose();
            foreach (nint memory in _pinned) NativeMemory.AlignedFree((void*)memory);
            _pinned.Clear();
            foreach (nint module in _modules.Handles) UnloadModule(module);
        }
    }

    /// <summary>Does work of a stream now, or records it.</summary>
    private void Do(string call, nint stream, Action work)
    {
        lock (_gate)
        {
            if (FindStream(call, stream).Capture is { } capture) capture.Work.Add(work);
            else work();
        }
    }

    private void Run(Function function, in LaunchShape shape, void** arguments)
    {
        Launches++;
        function.Library.Launch(function.Kernel, shape, arguments, _workers, Seed);
    }

    private void Replay(Function function, in LaunchShape shape, byte[][] values)
    {
        GCHandle[] pins = [.. values.Select(value => GCHandle.Alloc(value, GCHandleType.Pinned))];
        try
        {
            nint[] addresses = [.. pins.Select(pin => pin.AddrOfPinnedObject())];
            fixed (nint* first = addresses) Run(function, shape, (void**)first);
        }
        finally
        {
            foreach (GCHandle pin in pins) pin.Free();
        }
    }

    private Stream FindStream(string call, nint stream) => stream == 0 ? _defaultStream : _streams.Find(call, stream);

    private void RefuseWhileRecorded(string call, nint stream)
    {
        if (FindStream(call, stream).Capture is not null) throw new DeviceException($"{call}: stream {stream} is being recorded, which allows no such call");
    }

    /// <summary>As in CUDA: a thread that records can allocate or free nothing for all streams.</summary>
    private void RefuseWhileRecording(string call)
    {
        if (_captures.Any(capture => capture.Thread == Environment.CurrentManagedThreadId))
            throw new DeviceException($"{call}: this thread is recording a stream, which allows no such call; allocate before");
    }

    private sealed class Module(EmulatorLibrary library)
    {
        public EmulatorLibrary Library => library;

        public Dictionary<string, nint> Functions { get; } = [];
    }

    private sealed class Function(EmulatorLibrary library, nint kernel, int[] argumentBytes)
    {
        public EmulatorLibrary Library => library;

        public nint Kernel => kernel;

        public int[] ArgumentBytes => argumentBytes;

        public int SharedBytes { get; set; } = DefaultSharedMemory;
    }

    private sealed class Stream
    {
        public Capture? Capture { get; set; }
    }

    private sealed class Event
    {
        /// <summary>When it was recorded; null before, and when it was recorded into a graph.</summary>
        public long? Time { get; set; }

        public Capture? Capture { get; set; }
    }

    /// <summary>Work that is being recorded, in the order of the calls, which is one that the streams' own order and waits allow.</summary>
    private sealed class Capture(int thread)
    {
        /// <summary>The one that began it.</summary>
        public int Thread => thread;

        public List<Action> Work { get; } = [];
    }
}
