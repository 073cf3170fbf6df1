using System.Security.Cryptography;
using System.Text;

namespace HiCorr.Native.Cuda.Compilation;

/// <summary>Compiled kernels on disk, under a key of all that they depend on, so that a process compiles nothing that an earlier one compiled.</summary>
/// <param name="folder">Made where it is missing.</param>
public sealed class KernelCache(string folder)
{
    private const string Override = "HICORR_CACHE";

    public string Folder => folder;

    /// <summary>HICORR_CACHE, else hicorr in XDG_CACHE_HOME, else ~/.cache/hicorr.</summary>
    public static string DefaultFolder()
    {
        if (Environment.GetEnvironmentVariable(Override) is { Length: > 0 } own) return Path.GetFullPath(own);
        // The specification: a relative XDG_CACHE_HOME is to be ignored.
        string? xdg = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string caches = Path.IsPathRooted(xdg) ? xdg! : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(caches, "hicorr");
    }

    /// <summary>A key of the parts and their order; no two different lists have the same one.</summary>
    public static string Key(IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    /// <summary>Where the file of this name is, or would be.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Puts a file there in one step: another process sees all of it or nothing.</summary>
    /// <exception cref="DeviceException">The folder cannot be written.</exception>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        string path = PathOf(name);
        string temporary = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"compiled kernels cannot be kept in {folder}: {error.Message} Free space there, or name another folder in {Override}", error);
        }
    }
}
