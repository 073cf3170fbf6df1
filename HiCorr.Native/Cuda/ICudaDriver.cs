namespace HiCorr.Native.Cuda;

/// <summary>
/// One way to a CUDA device, with its context current on every thread that calls: libcuda called directly, ManagedCuda, or the emulator. Handles
/// and device pointers are plain numbers; 0 is the default stream. A copy, fill, launch or record is queued on its stream and returns at once.
/// </summary>
/// <remarks>Every method throws <see cref="DeviceException"/> that names the driver's call and its error.</remarks>
public unsafe interface ICudaDriver : IDisposable
{
    CudaProperties Properties { get; }

    /// <summary>Bytes of device memory that are free now, and that there are.</summary>
    (long Free, long Total) MemoryInfo();

    /// <summary>Device memory, aligned to 256 bytes.</summary>
    /// <exception cref="DeviceException">There is not enough; the message gives wanted and free bytes.</exception>
    nint Allocate(long bytes);

    void Free(nint memory);

    /// <summary>Device memory in the order of a stream, from the driver's pool.</summary>
    nint AllocateAsync(long bytes, nint stream);

    void FreeAsync(nint memory, nint stream);

    /// <summary>Page-locked host memory: copies from and to it are truly asynchronous.</summary>
    nint AllocatePinned(long bytes);

    void FreePinned(nint memory);

    void CopyToDevice(nint device, void* host, long bytes, nint stream);

    void CopyToHost(void* host, nint device, long bytes, nint stream);

    void CopyOnDevice(nint to, nint from, long bytes, nint stream);

    /// <summary>Copies rows of <paramref name="width"/> bytes whose starts lie a pitch apart.</summary>
    void CopyRowsOnDevice(nint to, long toPitch, nint from, long fromPitch, long width, long rows, nint stream);

    void Fill(nint device, byte value, long bytes, nint stream);

    /// <summary>Loads what this driver's <see cref="IKernelCompiler"/> made.</summary>
    nint LoadModule(string path);

    void UnloadModule(nint module);

    nint GetFunction(nint module, string name);

    /// <summary>Lets a function take more dynamic shared memory than the default 48 KiB.</summary>
    void AllowSharedMemory(nint function, int bytes);

    /// <summary>Queues a grid.</summary>
    /// <param name="function">From <see cref="GetFunction"/>.</param>
    /// <param name="shape">Blocks, threads and dynamic shared memory.</param>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="arguments">The address of every argument's value; read before this returns.</param>
    void Launch(nint function, in LaunchShape shape, nint stream, void** arguments);

    nint CreateStream();

    void DestroyStream(nint stream);

    /// <summary>Returns when all that is queued on the stream is done; errors of kernels show here.</summary>
    void Synchronize(nint stream);

    /// <summary>Lets what is queued on a stream from now on wait for an event of another.</summary>
    void Wait(nint stream, nint cudaEvent);

    nint CreateEvent();

    void DestroyEvent(nint cudaEvent);

    void Record(nint cudaEvent, nint stream);

    /// <summary>Waits for the second event and returns the time between both, in milliseconds.</summary>
    float Elapsed(nint from, nint to);

    /// <summary>From here on the stream's work is recorded and not done.</summary>
    void BeginCapture(nint stream);

    /// <summary>What was recorded, ready to be launched.</summary>
    nint EndCapture(nint stream);

    void LaunchGraph(nint graph, nint stream);

    void DestroyGraph(nint graph);
}

/// <summary>What a driver tells of its device.</summary>
/// <param name="Name">For example "NVIDIA H200", or "emulator".</param>
/// <param name="Major">Compute capability.</param>
/// <param name="Minor">Compute capability.</param>
/// <param name="Multiprocessors">SMs.</param>
/// <param name="MemoryBytes">Device memory.</param>
/// <param name="DriverVersion">CUDA version that the driver speaks, 1000 major + 10 minor.</param>
public sealed record CudaProperties(string Name, int Major, int Minor, int Multiprocessors, long MemoryBytes, int DriverVersion)
{
    /// <summary>For example "sm_90".</summary>
    public string Architecture => $"sm_{Major}{Minor}";
}

/// <summary>Blocks of a grid, threads of a block, and dynamic shared memory of a block in bytes.</summary>
public readonly record struct LaunchShape(int GridX, int GridY, int GridZ, int BlockX, int BlockY, int BlockZ, int SharedBytes)
{
    /// <summary>A row of blocks of a row of threads.</summary>
    public LaunchShape(int blocks, int threads) : this(blocks, 1, 1, threads, 1, 1, 0)
    {
    }
}
