namespace HiCorr.Tests;

/// <summary>The folder <c>shared</c> beside the repository: golden results, a real recording, workloads.</summary>
public static class SharedFolder
{
    /// <summary>Path of something inside; skips the test with a reason where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, "shared", .. parts]);
            if (Path.Exists(candidate)) return candidate;
        }
        Assert.Skip($"needs ../shared/{string.Join('/', parts)}, which is not beside this checkout");
        return "";
    }

    /// <summary>The repository's own root, where models/ and tools/ lie.</summary>
    public static string Repository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "HiCorr.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("HiCorr.sln is in none of the folders above the tests.");
    }
}
