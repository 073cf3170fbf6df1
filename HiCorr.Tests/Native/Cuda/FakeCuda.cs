using System.Diagnostics;
using System.Runtime.InteropServices;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Tests.Native.Cuda;

/// <summary>Tests that tell the fake libcuda what to do; one at a time, as it is one in the process.</summary>
[CollectionDefinition(nameof(FakeCuda), DisableParallelization = true)]
public sealed class FakeCudaCollection : ICollectionFixture<FakeCuda>;

/// <summary>Data/cuda/fake_libcuda.c, compiled and loaded.</summary>
public sealed unsafe class FakeCuda : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly nint _library;

    public FakeCuda()
    {
        Library = _folder.PathOf("libcuda.so.1");
        var start = new ProcessStartInfo("gcc", ["-shared", "-fPIC", "-O1", "-o", Library, Path.Combine(AppContext.BaseDirectory, "Data", "cuda", "fake_libcuda.c")]);
        try
        {
            using Process gcc = Process.Start(start)!;
            gcc.WaitForExit();
            Assert.True(gcc.ExitCode == 0, "gcc does not compile fake_libcuda.c");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return; // tests skip
        }
        _library = NativeLibrary.Load(Library);
    }

    /// <summary>The library's path.</summary>
    public string Library { get; }

    /// <summary>Objects that were made and not released.</summary>
    public int Live => ((delegate* unmanaged<int>)Function("fake_live"))();

    /// <summary>Calls since the last <see cref="FailAt"/> or <see cref="Reset"/>.</summary>
    public long Calls => ((delegate* unmanaged<long>)Function("fake_calls"))();

    /// <summary>The call that failed last.</summary>
    public string Failed => Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)Function("fake_failed"))())!;

    public ulong Launches => ((delegate* unmanaged<ulong>)Function("fake_launches"))();

    /// <summary>Characters of the last loaded image up to its zero.</summary>
    public int ModuleBytes => ((delegate* unmanaged<int>)Function("fake_module_bytes"))();

    /// <summary>Function, grid, block, shared bytes, stream and first argument of the last launch.</summary>
    public ulong[] Launched => new ReadOnlySpan<ulong>(((delegate* unmanaged<ulong*>)Function("fake_launched"))(), 10).ToArray();

    /// <summary>As freshly loaded; a test starts with it.</summary>
    public void Reset()
    {
        if (_library == 0) Assert.Skip("needs gcc, to compile the fake libcuda");
        ((delegate* unmanaged<void>)Function("fake_reset"))();
    }

    public NvidiaDriver Open()
    {
        Reset();
        return new NvidiaDriver(0, Library);
    }

    /// <summary>Lets the n-th call from now on fail.</summary>
    public void FailAt(long n, int status) => ((delegate* unmanaged<long, int, void>)Function("fake_fail_at"))(n, status);

    /// <summary>Lets every call of a function fail.</summary>
    public void Fail(string call, int status)
    {
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(call + '\0')) ((delegate* unmanaged<byte*, int, void>)Function("fake_fail_call"))(name, status);
    }

    public void SetDevices(int count) => ((delegate* unmanaged<int, void>)Function("fake_set_devices"))(count);

    public void SetVersion(int version) => ((delegate* unmanaged<int, void>)Function("fake_set_version"))(version);

    // Stays loaded: the driver's threads keep its addresses.
    public void Dispose() => _folder.Dispose();

    private nint Function(string name) => NativeLibrary.GetExport(_library, name);
}
