namespace HiCorr.Native.Cuda.Nvidia;

/// <summary>Streams, events and graphs.</summary>
public sealed unsafe partial class NvidiaDriver
{
    public nint CreateStream()
    {
        Enter();
        nint stream;
        // The default stream would wait for every other one otherwise, and they for it.
        Check(_cuda.cuStreamCreate(&stream, NonBlocking), nameof(LibCuda.cuStreamCreate));
        return stream;
    }

    public void DestroyStream(nint stream)
    {
        Enter();
        Check(_cuda.cuStreamDestroy(stream), nameof(LibCuda.cuStreamDestroy));
    }

    public void Synchronize(nint stream)
    {
        Enter();
        int status = _cuda.cuStreamSynchronize(stream);
        if (status != 0) throw new DeviceException($"{nameof(LibCuda.cuStreamSynchronize)}: {_cuda.Explain(status)}; a kernel or copy queued before may have caused it");
    }

    public void Wait(nint stream, nint cudaEvent)
    {
        Enter();
        Check(_cuda.cuStreamWaitEvent(stream, cudaEvent, 0), nameof(LibCuda.cuStreamWaitEvent));
    }

    public nint CreateEvent()
    {
        Enter();
        nint cudaEvent;
        Check(_cuda.cuEventCreate(&cudaEvent, 0), nameof(LibCuda.cuEventCreate));
        return cudaEvent;
    }

    public void DestroyEvent(nint cudaEvent)
    {
        Enter();
        Check(_cuda.cuEventDestroy(cudaEvent), nameof(LibCuda.cuEventDestroy));
    }

    public void Record(nint cudaEvent, nint stream)
    {
        Enter();
        Check(_cuda.cuEventRecord(cudaEvent, stream), nameof(LibCuda.cuEventRecord));
    }

    public float Elapsed(nint from, nint to)
    {
        Enter();
        Check(_cuda.cuEventSynchronize(to), nameof(LibCuda.cuEventSynchronize));
        float milliseconds;
        Check(_cuda.cuEventElapsedTime(&milliseconds, from, to), nameof(LibCuda.cuEventElapsedTime));
        return milliseconds;
    }

    public void BeginCapture(nint stream)
    {
        Enter();
        // Other threads may allocate memory meanwhile, which a capture of the whole process forbids.
        Check(_cuda.cuStreamBeginCapture(stream, CaptureOfThisThread), nameof(LibCuda.cuStreamBeginCapture));
    }

    public nint EndCapture(nint stream)
    {
        Enter();
        nint recorded = 0, graph;
        Check(_cuda.cuStreamEndCapture(stream, &recorded), nameof(LibCuda.cuStreamEndCapture));
        int status = _cuda.cuGraphInstantiateWithFlags(&graph, recorded, 0);
        // The ready graph keeps nothing of the recorded one.
        int destroyed = _cuda.cuGraphDestroy(recorded);
        Check(status, nameof(LibCuda.cuGraphInstantiateWithFlags));
        if (destroyed == 0) return graph;
        _ = _cuda.cuGraphExecDestroy(graph);
        throw new DeviceException($"{nameof(LibCuda.cuGraphDestroy)}: {_cuda.Explain(destroyed)}");
    }

    public void LaunchGraph(nint graph, nint stream)
    {
        Enter();
        Check(_cuda.cuGraphLaunch(graph, stream), nameof(LibCuda.cuGraphLaunch));
    }

    public void DestroyGraph(nint graph)
    {
        Enter();
        Check(_cuda.cuGraphExecDestroy(graph), nameof(LibCuda.cuGraphExecDestroy));
    }
}
