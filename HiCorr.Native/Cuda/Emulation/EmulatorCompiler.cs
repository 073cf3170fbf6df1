using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Native.Cuda.Emulation;

/// <summary>
/// Compiles a .cu with g++ into a shared library that runs its kernels on the processor, together with the emulator of <c>cuda/emu</c>.
/// What was compiled once lies in a cache under the hash of all that went into it.
/// </summary>
public sealed partial class EmulatorCompiler : IKernelCompiler
{
    /// <summary>How a library ends that was compiled with AddressSanitizer and UndefinedBehaviorSanitizer.</summary>
    internal const string SanitizedEnding = ".asan.so";

    private const string Compiler = "g++";
    private static readonly string[] s_flags =
        ["-std=c++17", "-O2", "-g1", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-fno-strict-aliasing", "-fno-math-errno", "-fno-exceptions", "-fno-rtti"];
    private static readonly Lazy<string> s_version = new(() => Run(["--version"], "", "its version"));
    private readonly string _folder;
    private readonly string _sources;
    private readonly string _cache;
    private readonly string[] _flags;
    private readonly bool _sanitize;

    /// <param name="folder">The repository's folder <c>cuda</c>, with <c>common</c> and <c>emu</c>.</param>
    /// <param name="sanitize">Whether to compile with AddressSanitizer and UndefinedBehaviorSanitizer.</param>
    /// <param name="sources">Where the .cu files lie; null for <paramref name="folder"/>.</param>
    /// <param name="cache">Where to keep what was compiled; null for a folder in the cache of compiled kernels.</param>
    public EmulatorCompiler(string folder, bool sanitize = false, string? sources = null, string? cache = null)
    {
        _folder = folder;
        _sources = sources ?? folder;
        _cache = cache ?? Path.Combine(KernelCache.DefaultFolder(), "emulator");
        _sanitize = sanitize;
        _flags =
        [
            .. s_flags,
            .. Fma.IsSupported && Avx2.IsSupported ? ["-march=x86-64-v3"] : Array.Empty<string>(),
            .. sanitize ? ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"] : Array.Empty<string>(),
        ];
    }

    /// <summary>The folder <c>cuda</c> of the checkout that this program lies in.</summary>
    /// <exception cref="DeviceException">It lies in none.</exception>
    public static string FindSources()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "cuda", "emu"))) return Path.Combine(folder.FullName, "cuda");
        throw new DeviceException($"the emulator compiles the kernels of a checkout of HiCorr, and {AppContext.BaseDirectory} lies in none: no folder cuda/emu above it");
    }

    /// <summary>Whether this machine has g++.</summary>
    public static bool IsInstalled
    {
        get
        {
            try
            {
                return s_version.Value.Length > 0;
            }
            catch (DeviceException)
            {
                return false;
            }
        }
    }

    /// <summary>Path of AddressSanitizer's runtime, or its bare name where there is none.</summary>
    public static string SanitizerRuntime => Run(["-print-file-name=libasan.so"], "", "the path of libasan.so").Trim();

    /// <inheritdoc/>
    /// <param name="source">Name without ending.</param>
    /// <param name="architecture">Of no meaning here: the library runs on this processor.</param>
    public string Compile(string source, string architecture)
    {
        string file = Path.Combine(_sources, source + ".cu");
        if (!File.Exists(file)) throw new DeviceException($"compiling kernels '{source}': expected {file}, found no such file");
        string emulator = Hash(Files("emu").Concat(Files("common")));
        string library = CachePath($"{source}-{Hash(Files("").Append(file), emulator)}{(_sanitize ? SanitizedEnding : ".so")}");
        if (File.Exists(library)) return library;

        string[] includes = ["-I", _sources, "-I", _folder];
        string include = $"#include \"{source}.cu\"\n";
        string listing = Run([.. _flags, .. includes, "-DHICORR_EMU_LIST_KERNELS", "-E", "-P", "-x", "c++", "-"], include, file);
        StringBuilder wrapper = new(include + "#include \"emu/library.hpp\"\n");
        foreach (Match kernel in KernelDefinition().Matches(listing))
        {
            (string threads, string name) = (kernel.Groups["threads"].Value, kernel.Groups["name"].Value);
            wrapper.Append($"static hicorr_emu::Registration<{name}> {name}_registration(\"{name}\", {threads});\n");
        }
        // AddressSanitizer keeps pointers to the globals of a library that is unloaded, and follows them when the next one comes: such libraries stay.
        string[] stays = _sanitize ? ["-Wl,-z,nodelete"] : [];
        Build(library, output => Run([.. _flags, "-shared", .. stays, .. includes, "-x", "c++", "-", "-x", "none", CompileEmulator(emulator), "-o", output], wrapper.ToString(), file));
        return library;
    }

    /// <summary>The emulator itself, which all libraries name by its path; once loaded it stays, for the sake of its thread-local variables.</summary>
    private string CompileEmulator(string hash)
    {
        string path = CachePath($"emulator-{hash}{(_sanitize ? SanitizedEnding : ".so")}");
        string[] units = [.. Files("emu").Where(unit => unit.EndsWith(".cpp", StringComparison.Ordinal))];
        if (!File.Exists(path)) Build(path, output => Run([.. _flags, "-fvisibility=default", "-shared", "-Wl,-z,nodelete", .. units, "-o", output, "-lpthread"], "", "the emulator"));
        return path;
    }

    /// <summary>Another process may be at the same file: each writes its own and the rename is atomic.</summary>
    private static void Build(string path, Action<string> build)
    {
        string temporary = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}";
        build(temporary);
        File.Move(temporary, path, overwrite: true);
    }

    private string CachePath(string name)
    {
        Directory.CreateDirectory(_cache);
        return Path.Combine(_cache, name);
    }

    /// <summary>Sources and headers in a folder below <c>cuda</c>; of <c>cuda</c> itself the headers only.</summary>
    private IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(_folder, folder), folder.Length == 0 ? "*.cuh" : "*").Order(StringComparer.Ordinal);

    private string Hash(IEnumerable<string> files, string seed = "")
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{seed}\n{s_version.Value}\n{string.Join(' ', _flags)}\n"));
        foreach (string file in files)
        {
            byte[] content = File.ReadAllBytes(file);
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)} {content.Length}\n"));
            hash.AppendData(content);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..24];
    }

    /// <summary>What g++ printed.</summary>
    private static string Run(string[] arguments, string input, string what)
    {
        ProcessStartInfo start = new(Compiler) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        // A preloaded AddressSanitizer is meant for this process, not for its compiler.
        start.Environment.Remove("LD_PRELOAD");
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            return process.ExitCode == 0
                ? output.GetAwaiter().GetResult()
                : throw new DeviceException($"{Compiler} could not compile {what} for the emulator (exit code {process.ExitCode}):\n{errors.GetAwaiter().GetResult()}");
        }
        catch (Win32Exception error)
        {
            throw new DeviceException($"compiling {what} for the emulator: {Compiler} cannot be started ({error.Message}). Install g++ 12 or newer.", error);
        }
    }

    /// <summary>A kernel in preprocessed source, where macros that make kernels are already expanded.</summary>
    [GeneratedRegex(@"\bKERNEL\s*\((?<threads>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*(?<name>\w+)\s*\(")]
    private static partial Regex KernelDefinition();
}
