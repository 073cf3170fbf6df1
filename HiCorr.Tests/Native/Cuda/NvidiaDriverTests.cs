using HiCorr.Native.Cuda;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Tests.Native.Cuda;

[Collection(nameof(FakeCuda))]
public sealed unsafe class NvidiaDriverTests(FakeCuda fake)
{
    [Fact]
    public void Every_call_that_fails_is_named_and_leaks_nothing()
    {
        using var folder = new TemporaryFolder();
        string module = folder.PathOf("kernels.ptx");
        File.WriteAllText(module, "good");
        fake.Reset();
        UseEverything(fake.Library, module);
        long calls = fake.Calls;
        Assert.Equal(0, fake.Live);

        var seen = new HashSet<string>();
        for (long n = 1; n <= calls; n++)
        {
            fake.Reset();
            fake.FailAt(n, 1);
            DeviceException error = Assert.Throws<DeviceException>(() => UseEverything(fake.Library, module));
            string failed = fake.Failed;
            seen.Add(failed);
            Assert.StartsWith(failed, error.Message, StringComparison.Ordinal);
            Assert.Contains("CUDA_ERROR_FAKE (1), a fake error", error.Message, StringComparison.Ordinal);
            // What a failed release leaves behind is the driver's.
            bool release = failed.Contains("Free", StringComparison.Ordinal) || failed.Contains("Destroy", StringComparison.Ordinal) || failed is "cuModuleUnload" or "cuDevicePrimaryCtxRelease";
            Assert.True(fake.Live == (release ? 1 : 0), $"{fake.Live} objects live after {failed} failed");
        }
        Assert.Equal(FunctionsOfLibCuda(), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Error_that_the_driver_does_not_know_keeps_its_number()
    {
        using NvidiaDriver driver = fake.Open();
        fake.Fail("cuStreamCreate", 999);

        DeviceException error = Assert.Throws<DeviceException>(() => driver.CreateStream());

        Assert.Equal("cuStreamCreate: an error without a name (999), which the driver does not explain", error.Message);
    }

    [Fact]
    public void Memory_that_runs_out_is_told_in_bytes_with_the_way_out()
    {
        using NvidiaDriver driver = fake.Open();
        nint some = driver.Allocate(1 << 20);

        DeviceException error = Assert.Throws<DeviceException>(() => driver.Allocate(1L << 31));

        Assert.Contains("Wanted 2147483648 bytes, free are 1072693248 of 1073741824 bytes of Fake GPU", error.Message, StringComparison.Ordinal);
        Assert.Contains("train.batch_scenes", error.Message, StringComparison.Ordinal);
        driver.Free(some);
    }

    [Fact]
    public void Launch_passes_function_shape_stream_and_arguments()
    {
        using NvidiaDriver driver = fake.Open();
        using CudaModule module = LoadModule(driver);
        using var stream = new CudaStream(driver);
        nint function = driver.GetFunction(module.Value, "gelu");
        ulong argument = 0x1234_5678_9abc;
        void* arguments = &argument;

        driver.Launch(function, new LaunchShape(2, 3, 4, 5, 6, 7, 8), stream.Value, &arguments);

        Assert.Equal([(ulong)function, 2, 3, 4, 5, 6, 7, 8, (ulong)stream.Value, argument], fake.Launched);
    }

    [Fact]
    public void Launch_that_fails_names_kernel_and_shape()
    {
        using NvidiaDriver driver = fake.Open();
        using CudaModule module = LoadModule(driver);
        nint function = driver.GetFunction(module.Value, "gelu");
        ulong argument = 0;
        void* arguments = &argument;
        nint address = (nint)(&arguments);
        DeviceException error = Assert.Throws<DeviceException>(() => driver.Launch(function, new LaunchShape(9, 2048), 0, (void**)address));

        Assert.Contains("cuLaunchKernel of gelu, 9 x 1 x 1 blocks of 2048 x 1 x 1 threads, 0 bytes of shared memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Launches_and_copies_take_no_managed_memory()
    {
        using NvidiaDriver driver = fake.Open();
        using CudaModule module = LoadModule(driver);
        nint function = driver.GetFunction(module.Value, "gelu");
        nint memory = driver.Allocate(64);
        LaunchAndCopy(driver, function, memory);
        long before = GC.GetAllocatedBytesForCurrentThread();

        LaunchAndCopy(driver, function, memory);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(200ul, fake.Launches);
        driver.Free(memory);
    }

    [Fact]
    public void Context_is_current_on_every_thread_that_calls()
    {
        using NvidiaDriver driver = fake.Open();
        nint memory = driver.Allocate(64);
        Exception? failure = null;

        var thread = new Thread(() => failure = Record.Exception(() => driver.Free(memory)));
        thread.Start();
        thread.Join();

        Assert.Null(failure);
    }

    [Fact]
    public void Two_drivers_take_turns_on_a_thread()
    {
        using NvidiaDriver first = fake.Open();
        using var second = new NvidiaDriver(0, fake.Library);
        nint memory = first.Allocate(64);
        second.Free(second.Allocate(64));
        first.Free(memory);

        Assert.Equal(2, fake.Live); // the contexts
    }

    [Fact]
    public void Copies_rows_with_pitches()
    {
        using NvidiaDriver driver = fake.Open();
        nint from = driver.Allocate(12), to = driver.Allocate(15);
        byte[] source = [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0], result = new byte[15];
        fixed (byte* pointer = source) driver.CopyToDevice(from, pointer, 12, 0);
        driver.Fill(to, 0xff, 15, 0);

        driver.CopyRowsOnDevice(to, 5, from, 4, width: 3, rows: 3, 0);

        fixed (byte* pointer = result) driver.CopyToHost(pointer, to, 15, 0);
        Assert.Equal([1, 2, 3, 255, 255, 4, 5, 6, 255, 255, 7, 8, 9, 255, 255], result);
        driver.Free(from);
        driver.Free(to);
    }

    [Fact]
    public void Nothing_is_allocated_as_something_and_copied_as_nothing()
    {
        using NvidiaDriver driver = fake.Open();
        nint memory = driver.Allocate(0);
        fake.Fail("cuMemcpyDtoDAsync", 1);

        driver.CopyOnDevice(memory, memory, 0, 0);

        Assert.NotEqual(0, memory);
        driver.Free(memory);
    }

    [Fact]
    public void Module_is_passed_with_a_zero_at_its_end()
    {
        using NvidiaDriver driver = fake.Open();
        using CudaModule module = LoadModule(driver, "good text");

        Assert.Equal(9, fake.ModuleBytes);
    }

    [Fact]
    public void Module_that_does_not_load_shows_the_log()
    {
        using NvidiaDriver driver = fake.Open();

        DeviceException error = Assert.Throws<DeviceException>(() => LoadModule(driver, "bad"));

        Assert.Contains("kernels.ptx", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("fake ptxas: line 1 is bad", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Function_that_is_absent_is_named()
    {
        using NvidiaDriver driver = fake.Open();
        using CudaModule module = LoadModule(driver);

        DeviceException error = Assert.Throws<DeviceException>(() => driver.GetFunction(module.Value, "absent"));

        Assert.StartsWith("cuModuleGetFunction of absent:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Handles_release_what_they_hold_once()
    {
        using NvidiaDriver driver = fake.Open();
        var stream = new CudaStream(driver);
        var mark = new CudaEvent(driver);
        driver.BeginCapture(stream.Value);
        var graph = new CudaGraph(driver, stream.Value);
        CudaModule module = LoadModule(driver);
        Assert.Equal(5, fake.Live);

        foreach (CudaHandle handle in new CudaHandle[] { stream, mark, graph, module, stream })
            handle.Dispose();

        Assert.Equal(1, fake.Live); // the context
    }

    [Fact]
    public void Handle_outlives_its_driver_without_harm()
    {
        NvidiaDriver driver = fake.Open();
        var stream = new CudaStream(driver);
        driver.Dispose();

        stream.Dispose();

        Assert.Throws<ObjectDisposedException>(() => driver.CreateStream());
    }

    private static void LaunchAndCopy(NvidiaDriver driver, nint function, nint memory)
    {
        ulong argument = 0;
        void* arguments = &argument;
        for (int i = 0; i < 100; i++)
        {
            driver.Launch(function, new LaunchShape(1, 1), 0, &arguments);
            driver.CopyToDevice(memory, &argument, 8, 0);
            driver.Fill(memory, 0, 64, 0);
            driver.FreeAsync(driver.AllocateAsync(64, 0), 0);
        }
    }

    private static CudaModule LoadModule(NvidiaDriver driver, string text = "good")
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathOf("kernels.ptx");
        File.WriteAllText(path, text);
        return new CudaModule(driver, path);
    }

    private static IEnumerable<string> FunctionsOfLibCuda() =>
        typeof(LibCuda).GetFields().Select(field => field.Name).Where(name => name.StartsWith("cu", StringComparison.Ordinal) && !name.StartsWith("cuGetError", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>Calls every method of the driver, and releases whatever it made, also on the way out of an error.</summary>
    private static void UseEverything(string library, string modulePath)
    {
        using var driver = new NvidiaDriver(0, library);
        var releases = new Stack<Action>();
        try
        {
            driver.MemoryInfo();
            nint memory = driver.Allocate(4096);
            releases.Push(() => driver.Free(memory));
            nint stream = driver.CreateStream();
            releases.Push(() => driver.DestroyStream(stream));
            nint pooled = driver.AllocateAsync(4096, stream);
            releases.Push(() => driver.FreeAsync(pooled, stream));
            nint pinned = driver.AllocatePinned(4096);
            releases.Push(() => driver.FreePinned(pinned));
            driver.CopyToDevice(memory, (void*)pinned, 64, stream);
            driver.CopyOnDevice(pooled, memory, 64, stream);
            driver.CopyRowsOnDevice(pooled, 16, memory, 32, 8, 4, stream);
            driver.Fill(memory, 1, 64, stream);
            driver.CopyToHost((void*)pinned, pooled, 64, stream);
            nint module = driver.LoadModule(modulePath);
            releases.Push(() => driver.UnloadModule(module));
            nint function = driver.GetFunction(module, "kernel");
            driver.AllowSharedMemory(function, 100_000);
            nint from = driver.CreateEvent();
            releases.Push(() => driver.DestroyEvent(from));
            driver.Record(from, stream);
            driver.Wait(stream, from);
            driver.BeginCapture(stream);
            ulong argument = 0;
            void* arguments = &argument;
            driver.Launch(function, new LaunchShape(1, 32), stream, &arguments);
            nint graph = driver.EndCapture(stream);
            releases.Push(() => driver.DestroyGraph(graph));
            driver.LaunchGraph(graph, stream);
            Assert.Equal(1.5f, driver.Elapsed(from, from));
            driver.Synchronize(stream);
        }
        finally
        {
            DeviceException? failure = null;
            while (releases.TryPop(out Action? release))
                failure = Record.Exception(release) as DeviceException ?? failure;
            if (failure is not null) throw failure;
        }
    }
}
