// NVIDIA's run-time compiler, for the tests of the kernels and the target Kernels. Neither needs a GPU.
using System.Runtime.InteropServices;

var NvrtcPackages = new[] { "libnvrtc11.2", "libnvrtc-builtins11.8" };

// Where it cannot be had, the build goes on: tests then skip with a reason.
void InstallNvrtc()
{
    var names = new[] { "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so" };
    var own = EnvironmentVariable("HICORR_NVRTC");
    if ((own == null ? names : new[] { own }).Any(name => NativeLibrary.TryLoad(name, out _)) || GetFiles("/usr/local/cuda*/lib64/libnvrtc.so*").Any()) return;

    var sources = DebianSources("non-free");
    if (sources == null || !Environment.IsPrivilegedProcess)
    {
        Information("No NVRTC here, and only root on Debian can fetch it: tests that compile kernels will skip.");
        return;
    }
    var folder = System.IO.Directory.CreateTempSubdirectory("hicorr-nvrtc-").FullName;
    try
    {
        // A list and an index of its own: the machine's package sources stay as they are.
        var list = System.IO.Path.Combine(folder, sources.Value.Name);
        System.IO.File.WriteAllText(list, sources.Value.Text);
        System.IO.Directory.CreateDirectory(System.IO.Path.Combine(folder, "lists", "partial"));
        var options = $"-qq -o Dir::Etc::sourcelist={list} -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists={folder}/lists -o APT::Sandbox::User=root -o Acquire::Retries=0 -o Acquire::http::Timeout=20";
        if (AptGet($"{options} update") && AptGet($"{options} install -y --no-install-recommends {string.Join(' ', NvrtcPackages)}"))
            Information($"Installed {string.Join(" and ", NvrtcPackages)}.");
        else
            Warning($"NVRTC could not be fetched ({string.Join(", ", NvrtcPackages)}): tests that compile kernels will skip.");
    }
    finally
    {
        System.IO.Directory.Delete(folder, true);
    }
}

bool AptGet(string arguments) => StartProcess("apt-get", new ProcessSettings
{
    Arguments = arguments,
    EnvironmentVariables = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive" },
    RedirectStandardOutput = true,
}) == 0;

// Debian's own package sources with another component, in the format that they have; null on another system.
(string Name, string Text)? DebianSources(string component)
{
    const string Stanzas = "/etc/apt/sources.list.d/debian.sources", Lines = "/etc/apt/sources.list";
    if (!FileExists("/etc/os-release") || !System.IO.File.ReadLines("/etc/os-release").Contains("ID=debian")) return null;
    if (FileExists(Stanzas))
        return ("debian.sources", System.Text.RegularExpressions.Regex.Replace(System.IO.File.ReadAllText(Stanzas), "(?m)^Components:.*$", $"Components: {component}"));
    // "deb [options] URI suite component..."
    if (!FileExists(Lines)) return null;
    var entries = System.Text.RegularExpressions.Regex.Matches(System.IO.File.ReadAllText(Lines), @"(?m)^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+\S+(?=\s.*\bmain\b)");
    return entries.Count == 0 ? null : ("debian.list", string.Concat(entries.Select(entry => $"{entry.Value} {component}\n")));
}
