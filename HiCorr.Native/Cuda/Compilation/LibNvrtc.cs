using System.Runtime.InteropServices;
using System.Text;
using HiCorr.Native.Cuda.Nvidia;

namespace HiCorr.Native.Cuda.Compilation;

/// <summary>The functions of NVRTC that HiCorr calls, by the names of nvrtc.h.</summary>
/// <remarks>Source: NVRTC, version 11.2, the first that makes cubins without a driver and tells which architectures it knows.</remarks>
internal sealed unsafe class LibNvrtc
{
    public static readonly Version Oldest = new(11, 2);

    private const string Override = "HICORR_NVRTC";
    private const string WayOut = "Install NVIDIA's CUDA toolkit or only NVRTC (Debian: libnvrtc11.2 with libnvrtc-builtins11.8; pip: nvidia-cuda-nvrtc), or name the library in " + Override;
    private readonly LoadedLibrary _library;

#pragma warning disable IDE1006, SA1300 // the names of nvrtc.h
    private readonly delegate* unmanaged<int*, int*, int> nvrtcVersion;
    private readonly delegate* unmanaged<int*, int> nvrtcGetNumSupportedArchs;
    private readonly delegate* unmanaged<int*, int> nvrtcGetSupportedArchs;
    private readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> nvrtcCreateProgram;
    private readonly delegate* unmanaged<nint*, int> nvrtcDestroyProgram;
    private readonly delegate* unmanaged<nint, int, byte**, int> nvrtcCompileProgram;
    private readonly delegate* unmanaged<nint, nuint*, int> nvrtcGetProgramLogSize, nvrtcGetCUBINSize, nvrtcGetPTXSize;
    private readonly delegate* unmanaged<nint, byte*, int> nvrtcGetProgramLog, nvrtcGetCUBIN, nvrtcGetPTX;
    private readonly delegate* unmanaged<int, byte*> nvrtcGetErrorString;
#pragma warning restore IDE1006, SA1300

    private LibNvrtc(LoadedLibrary library)
    {
        _library = library;
        // The version first: what an old one lacks is no news.
        nvrtcGetErrorString = (delegate* unmanaged<int, byte*>)Find(nameof(nvrtcGetErrorString));
        nvrtcVersion = (delegate* unmanaged<int*, int*, int>)Find(nameof(nvrtcVersion));
        int major, minor;
        Check(nvrtcVersion(&major, &minor), nameof(nvrtcVersion));
        Version = new Version(major, minor);
        if (Version < Oldest) throw new DeviceException($"NVRTC ({Path}) is too old: it is version {Version}, HiCorr needs {Oldest} or newer. {WayOut}");

        nvrtcGetNumSupportedArchs = (delegate* unmanaged<int*, int>)Find(nameof(nvrtcGetNumSupportedArchs));
        nvrtcGetSupportedArchs = (delegate* unmanaged<int*, int>)Find(nameof(nvrtcGetSupportedArchs));
        nvrtcCreateProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)Find(nameof(nvrtcCreateProgram));
        nvrtcDestroyProgram = (delegate* unmanaged<nint*, int>)Find(nameof(nvrtcDestroyProgram));
        nvrtcCompileProgram = (delegate* unmanaged<nint, int, byte**, int>)Find(nameof(nvrtcCompileProgram));
        nvrtcGetProgramLogSize = (delegate* unmanaged<nint, nuint*, int>)Find(nameof(nvrtcGetProgramLogSize));
        nvrtcGetProgramLog = (delegate* unmanaged<nint, byte*, int>)Find(nameof(nvrtcGetProgramLog));
        nvrtcGetCUBINSize = (delegate* unmanaged<nint, nuint*, int>)Find(nameof(nvrtcGetCUBINSize));
        nvrtcGetCUBIN = (delegate* unmanaged<nint, byte*, int>)Find(nameof(nvrtcGetCUBIN));
        nvrtcGetPTXSize = (delegate* unmanaged<nint, nuint*, int>)Find(nameof(nvrtcGetPTXSize));
        nvrtcGetPTX = (delegate* unmanaged<nint, byte*, int>)Find(nameof(nvrtcGetPTX));

        int count;
        Check(nvrtcGetNumSupportedArchs(&count), nameof(nvrtcGetNumSupportedArchs));
        int[] architectures = new int[count];
        fixed (int* first = architectures) Check(nvrtcGetSupportedArchs(first), nameof(nvrtcGetSupportedArchs));
        Architectures = architectures;
    }

    public Version Version { get; }

    /// <summary>The library's file.</summary>
    public string Path => _library.PathOf((nint)nvrtcVersion);

    /// <summary>Compute capabilities that it knows, 10 major + minor, ascending.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <param name="path">The library; null for HICORR_NVRTC, else the places where NVRTC usually lies.</param>
    /// <exception cref="DeviceException">There is none, or it is too old.</exception>
    public static LibNvrtc Load(string? path = null)
    {
        path ??= Environment.GetEnvironmentVariable(Override);
        IEnumerable<string> names = path is null ? NvrtcPlaces.All() : [path];
        return new LibNvrtc(LoadedLibrary.Load(names)
            ?? throw new DeviceException($"there is no NVRTC to compile kernels with: {path ?? "libnvrtc.so"} cannot be loaded. {WayOut}"));
    }

    /// <summary>Compiles a program.</summary>
    /// <param name="name">For the messages.</param>
    /// <param name="source">The program.</param>
    /// <param name="headers">What it may include.</param>
    /// <param name="options">NVRTC's.</param>
    /// <param name="cubin">True for machine code, false for PTX.</param>
    /// <exception cref="DeviceException">It has errors; the message holds NVRTC's log.</exception>
    public (byte[] Image, string Log) Compile(string name, string source, IReadOnlyList<(string Name, string Text)> headers, IReadOnlyList<string> options, bool cubin)
    {
        nint program = 0;
        using var texts = new Utf8Texts([source, name, .. headers.Select(header => header.Text), .. headers.Select(header => header.Name), .. options]);
        byte** text = texts.Pointers;
        Check(nvrtcCreateProgram(&program, text[0], text[1], headers.Count, text + 2, text + 2 + headers.Count), nameof(nvrtcCreateProgram));
        try
        {
            int status = nvrtcCompileProgram(program, options.Count, text + 2 + 2 * headers.Count);
            string log = Encoding.UTF8.GetString(Get(program, nvrtcGetProgramLogSize, nvrtcGetProgramLog, nameof(nvrtcGetProgramLog))).TrimEnd('\0', '\n');
            if (status != 0) throw new DeviceException($"{nameof(nvrtcCompileProgram)} of {name} with {string.Join(' ', options)}: {Explain(status)}\n{log}");
            byte[] image = cubin ? Get(program, nvrtcGetCUBINSize, nvrtcGetCUBIN, nameof(nvrtcGetCUBIN)) : Get(program, nvrtcGetPTXSize, nvrtcGetPTX, nameof(nvrtcGetPTX));
            return (image, log);
        }
        finally
        {
            _ = nvrtcDestroyProgram(&program);
        }
    }

    private byte[] Get(nint program, delegate* unmanaged<nint, nuint*, int> size, delegate* unmanaged<nint, byte*, int> get, string call)
    {
        nuint bytes;
        Check(size(program, &bytes), call + "Size");
        byte[] content = new byte[(int)bytes];
        fixed (byte* first = content) Check(get(program, first), call);
        return content;
    }

    private void Check(int status, string call)
    {
        if (status != 0) throw new DeviceException($"{call}: {Explain(status)}");
    }

    private string Explain(int status) => $"{Marshal.PtrToStringUTF8((nint)nvrtcGetErrorString(status))} ({status})";

    private nint Find(string function) => _library.Find(function) is var address && address != 0
        ? address
        : throw new DeviceException($"NVRTC lacks the function {function}: its library is older than {Oldest} or damaged. {WayOut}");

    /// <summary>Texts with a zero at their end, out of the garbage collector's way.</summary>
    private sealed class Utf8Texts : IDisposable
    {
        private readonly nint[] _texts;

        public Utf8Texts(IReadOnlyList<string> texts)
        {
            _texts = GC.AllocateArray<nint>(texts.Count, pinned: true);
            for (int i = 0; i < _texts.Length; i++) _texts[i] = Marshal.StringToCoTaskMemUTF8(texts[i]);
            Pointers = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_texts, 0);
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            foreach (nint text in _texts) Marshal.FreeCoTaskMem(text);
        }
    }
}
