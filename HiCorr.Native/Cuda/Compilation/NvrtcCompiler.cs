using System.Globalization;
using System.Text;

namespace HiCorr.Native.Cuda.Compilation;

/// <summary>Compiles kernels with NVIDIA's run-time compiler, which needs neither a toolkit nor a GPU.</summary>
public sealed class NvrtcCompiler : IKernelCompiler
{
    // -v: what ptxas says of registers and spills becomes the log. A product and a sum may become one instruction, NVRTC's default.
    // No -lineinfo: with it, NVRTC 11.8 overflows its stack on tensor-core kernels (linear.cu) for sm_90, whatever the size of the stack.
    private static readonly string[] s_options = ["-std=c++17", "--ptxas-options=-v"];
    private readonly LibNvrtc _nvrtc;
    private readonly KernelSources _sources;
    private readonly KernelCache _cache;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Source, string Architecture), CompiledKernels> _compiled = [];

    /// <param name="sources">What there is to compile; null for what this assembly ships.</param>
    /// <param name="cacheFolder">Where compiled files stay; null for <see cref="KernelCache.DefaultFolder"/>.</param>
    /// <param name="library">NVRTC's path; null for HICORR_NVRTC, else where NVRTC usually lies.</param>
    /// <exception cref="DeviceException">There is no NVRTC, or it is older than 11.2.</exception>
    public NvrtcCompiler(KernelSources? sources = null, string? cacheFolder = null, string? library = null)
    {
        _nvrtc = LibNvrtc.Load(library);
        _sources = sources ?? KernelSources.Embedded;
        _cache = new KernelCache(cacheFolder ?? KernelCache.DefaultFolder());
    }

    public Version Version => _nvrtc.Version;

    /// <summary>The library's file.</summary>
    public string Library => _nvrtc.Path;

    public string Compile(string source, string architecture) => CompileKernels(source, architecture).Path;

    /// <summary>The compiled file with what its kernels need.</summary>
    /// <inheritdoc cref="Compile"/>
    public CompiledKernels CompileKernels(string source, string architecture)
    {
        string text = _sources.Read(source);
        lock (_gate)
        {
            if (!_compiled.TryGetValue((source, architecture), out CompiledKernels? compiled))
                _compiled[(source, architecture)] = compiled = FindOrCompile(source, text, architecture);
            return compiled;
        }
    }

    private CompiledKernels FindOrCompile(string source, string text, string architecture)
    {
        (int known, bool exact) = Choose(architecture);
        string target = $"{(exact ? "sm" : "compute")}_{known}";
        string[] options = [$"--gpu-architecture={target}", .. s_options];
        string key = KernelCache.Key([_nvrtc.Version.ToString(), source, text, .. options, .. _sources.Headers.SelectMany(header => new[] { header.Name, header.Text })]);
        string name = $"{source}-{target}-{key}.{(exact ? "cubin" : "ptx")}", logName = Path.ChangeExtension(name, "log");
        if (!File.Exists(_cache.PathOf(name)))
        {
            (byte[] image, string log) = _nvrtc.Compile($"cuda/{source}.cu", text, _sources.Headers, options, exact);
            // The log first: whoever sees the image can count on it.
            _cache.Write(logName, Encoding.UTF8.GetBytes(log));
            _cache.Write(name, image);
        }
        string? note = exact ? null : $"NVRTC {_nvrtc.Version} does not know {architecture}: kernels are made as PTX for {target}, which the driver compiles when it loads them";
        return new CompiledKernels(_cache.PathOf(name), KernelResources.Parse(File.ReadAllText(_cache.PathOf(logName))), note);
    }

    /// <summary>The architecture itself where this NVRTC knows it, else the newest before it.</summary>
    private (int Known, bool Exact) Choose(string architecture)
    {
        if (!architecture.StartsWith("sm_", StringComparison.Ordinal) || !int.TryParse(architecture.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted))
            throw new ArgumentException($"'{architecture}' is no architecture; give for example sm_90", nameof(architecture));
        int known = _nvrtc.Architectures.Where(candidate => candidate <= wanted).DefaultIfEmpty().Max();
        return known > 0 ? (known, known == wanted) : throw new DeviceException(
            $"NVRTC {_nvrtc.Version} compiles for sm_{_nvrtc.Architectures[0]} and newer; the GPU has {architecture}. Take an older NVRTC (HICORR_NVRTC) or a newer GPU");
    }
}

/// <summary>What became of one source.</summary>
/// <param name="Path">The file that a driver loads: a cubin, or PTX where <paramref name="Note"/> says so.</param>
/// <param name="Kernels">Its kernels in the order of their names; empty for PTX.</param>
/// <param name="Note">What the user may want to know; null where there is nothing.</param>
public sealed record CompiledKernels(string Path, IReadOnlyList<KernelResources> Kernels, string? Note);
