namespace HiCorr.Native.Cuda.Compilation;

/// <summary>Where NVRTC usually lies.</summary>
internal static class NvrtcPlaces
{
    // The newest first: it knows the most architectures.
    private static readonly string[] s_names = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>Names for the loader, then paths of files that exist: toolkits, the distribution's folder, and pip's packages under Python's prefixes.</summary>
    public static IEnumerable<string> All()
    {
        foreach (string name in s_names) yield return name;
        foreach (string folder in Toolkits().Append("/usr/lib/x86_64-linux-gnu").Concat(PythonPackages()))
        {
            foreach (string name in s_names)
            {
                string path = Path.Combine(folder, name);
                if (File.Exists(path)) yield return path;
            }
        }
    }

    private static IEnumerable<string> Toolkits() =>
        Folders("/usr/local", "cuda*").OrderDescending(StringComparer.Ordinal).Select(toolkit => Path.Combine(toolkit, "lib64"));

    private static IEnumerable<string> PythonPackages()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string?[] prefixes = [Environment.GetEnvironmentVariable("VIRTUAL_ENV"), Environment.GetEnvironmentVariable("CONDA_PREFIX"), Path.Combine(home, ".local"), "/usr/local", "/usr"];
        foreach (string prefix in prefixes.OfType<string>().Where(Path.IsPathRooted))
        {
            foreach (string python in Folders(Path.Combine(prefix, "lib"), "python3*").OrderDescending(StringComparer.Ordinal))
            {
                yield return Path.Combine(python, "site-packages", "nvidia", "cuda_nvrtc", "lib");
                yield return Path.Combine(python, "dist-packages", "nvidia", "cuda_nvrtc", "lib");
            }
        }
    }

    private static string[] Folders(string parent, string pattern) => Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern) : [];
}
