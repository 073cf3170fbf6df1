using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Emulation;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>Memory, streams, events and graphs behave as a CUDA driver's.</summary>
public sealed unsafe class EmulatorDriverTests() : EmulatorTests("reductions")
{
    private static readonly LaunchShape s_block = new(1, 256);

    [Fact]
    public void New_memory_is_aligned_and_reads_as_NaN()
    {
        nint memory = Driver.Allocate(12);
        Assert.Equal(0, memory % 256);
        Assert.All(Download<float>(memory, 3), value => Assert.Equal(float.NaN, value));
    }

    [Fact]
    public void More_memory_than_there_is_is_refused_with_wanted_and_free_bytes()
    {
        Driver.Allocate(1 << 20);
        string error = Assert.Throws<DeviceException>(() => Driver.Allocate(1 << 24)).Message;
        Assert.Contains("16,777,216 bytes wanted, 15,728,640 of 16,777,216 free", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_past_the_end_of_an_allocation_is_refused()
    {
        nint memory = Driver.Allocate(64);
        Assert.Throws<DeviceException>(() => Driver.Fill(memory, 0, 65, 0));
    }

    [Fact]
    public void Freed_memory_is_no_memory()
    {
        nint memory = Driver.Allocate(64);
        Driver.Free(memory);
        Assert.Throws<DeviceException>(() => Driver.Fill(memory, 0, 1, 0));
        Assert.Throws<DeviceException>(() => Driver.Free(memory));
    }

    [Fact]
    public void Rows_are_copied_between_pitches()
    {
        nint from = Upload(1, 2, 3, 4, 5, 6), to = Upload(0, 0, 0, 0, 0, 0, 0, 0);
        Driver.CopyRowsOnDevice(to, 4 * sizeof(int), from, 3 * sizeof(int), 2 * sizeof(int), 2, 0);
        Assert.Equal([1, 2, 0, 0, 4, 5, 0, 0], Download<int>(to, 8));
    }

    [Fact]
    public void What_is_alive_is_counted()
    {
        EmulatorCounts before = Driver.Live;
        (nint memory, nint pinned, nint stream, nint done) = (Driver.Allocate(8), Driver.AllocatePinned(8), Driver.CreateStream(), Driver.CreateEvent());
        Driver.BeginCapture(stream);
        nint graph = Driver.EndCapture(stream);
        Assert.Equal(new EmulatorCounts(before.Allocations + 1, 1, before.Modules, 1, 1, 1), Driver.Live);

        Driver.Free(memory);
        Driver.FreePinned(pinned);
        Driver.DestroyStream(stream);
        Driver.DestroyEvent(done);
        Driver.DestroyGraph(graph);
        Assert.Equal(before, Driver.Live);
    }

    [Fact]
    public void Disposed_driver_has_given_back_memory_and_modules()
    {
        Driver.Allocate(8);
        Driver.AllocatePinned(8);
        Driver.Dispose();
        Assert.Equal(default, Driver.Live);
    }

    [Fact]
    public void Graph_replays_its_launches_with_the_arguments_of_the_recording()
    {
        nint memory = Upload(Enumerable.Repeat(1f, 256).ToArray()), stream = Driver.CreateStream();
        Driver.BeginCapture(stream);
        Launch("scale_kernel", s_block, stream, [memory, 256L, 3f]);
        Launch("scale_kernel", s_block, stream, [memory, 128L, 5f]);
        nint graph = Driver.EndCapture(stream);
        Assert.Equal(1f, Download<float>(memory, 256)[0]);

        Driver.LaunchGraph(graph, stream);
        Driver.LaunchGraph(graph, stream);
        float[] found = Download<float>(memory, 256);
        Assert.All(found[..128], value => Assert.Equal(225f, value));
        Assert.All(found[128..], value => Assert.Equal(9f, value));
    }

    [Fact]
    public void Copies_and_fills_are_recorded_too()
    {
        nint memory = Upload(1, 2), copy = Upload(0, 0), stream = Driver.CreateStream();
        Driver.BeginCapture(stream);
        Driver.CopyOnDevice(copy, memory, 2 * sizeof(int), stream);
        Driver.Fill(memory, 0, sizeof(int), stream);
        nint graph = Driver.EndCapture(stream);
        Assert.Equal([0, 0], Download<int>(copy, 2));

        Driver.LaunchGraph(graph, stream);
        Assert.Equal([1, 2], Download<int>(copy, 2));
        Assert.Equal([0, 2], Download<int>(memory, 2));
    }

    [Fact]
    public void Stream_that_waits_for_recorded_work_is_recorded_with_it()
    {
        nint memory = Upload(1), recorded = Driver.CreateStream(), joined = Driver.CreateStream(), fork = Driver.CreateEvent();
        Driver.BeginCapture(recorded);
        Driver.Record(fork, recorded);
        Driver.Wait(joined, fork);
        Driver.Fill(memory, 0, sizeof(int), joined);
        Driver.EndCapture(recorded);
        Assert.Equal([1], Download<int>(memory, 1));

        Driver.Fill(memory, 0, sizeof(int), joined);
        Assert.Equal([0], Download<int>(memory, 1));
    }

    [Fact]
    public void Nothing_is_allocated_or_awaited_while_a_stream_is_recorded()
    {
        nint stream = Driver.CreateStream();
        Driver.BeginCapture(stream);
        Assert.Throws<DeviceException>(() => Driver.Allocate(8));
        Assert.Throws<DeviceException>(() => Driver.Synchronize(stream));
    }

    [Fact]
    public void Events_measure_time()
    {
        (nint start, nint end) = (Driver.CreateEvent(), Driver.CreateEvent());
        Driver.Record(start, 0);
        Assert.Throws<DeviceException>(() => Driver.Elapsed(start, end));
        Launch("barriers_kernel", s_block, 100);
        Driver.Record(end, 0);
        Assert.True(Driver.Elapsed(start, end) > 0);
    }

    [Fact]
    public void Unknown_kernels_are_refused_by_name()
    {
        string error = Assert.Throws<DeviceException>(() => Launch("no_such_kernel", s_block)).Message;
        Assert.Contains("no kernel 'no_such_kernel'", error, StringComparison.Ordinal);
    }
}
