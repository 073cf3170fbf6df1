using System.Diagnostics;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Reliability;

/// <summary>Real full and read-only disks: small tmpfs mounts, which need root.</summary>
public sealed class DiskTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string? _mounted;

    public void Dispose()
    {
        if (_mounted is not null) Execute("umount", _mounted);
        _folder.Dispose();
    }

    [Fact]
    public void Full_disk_ends_in_one_line_and_nothing_half_written()
    {
        string disk = Mount("size=300k");

        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("preprocess", Path.Combine(disk, "out"), "--quiet"));

        Assert.True(code == 6, $"exit code {code}: {errors}");
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        // The file that the user knows, not the temporary one beside it, and the way out.
        Assert.DoesNotContain(".tmp", errors, StringComparison.Ordinal);
        Assert.Contains("Free space", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(disk, ".*.tmp", SearchOption.AllDirectories));
        foreach (string done in Directory.GetFiles(disk, "done.json", SearchOption.AllDirectories))
            Assert.True(new FileInfo(Path.Combine(Path.GetDirectoryName(done)!, "positions.npy")).Length > 128);
    }

    [Fact]
    public void Disk_that_fills_up_during_training_keeps_the_last_checkpoint_and_the_run_goes_on_elsewhere()
    {
        // Stages before it go to a disk of their own; a checkpoint takes 64 MB, and two must fit while one replaces the other.
        string disk = Mount("size=90m");
        string[] flags = rooms.Flags("train", Path.Combine(disk, "out"), "--quiet");

        (int code, _, string errors) = HicorrProcess.Run(flags);

        Assert.True(code == 6, $"exit code {code}: {errors}");
        string checkpoint = Directory.GetFiles(disk, "checkpoint.safetensors", SearchOption.AllDirectories).Single();
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(checkpoint)!, ".*.tmp"));
        Execute("mount", "-o", "remount,size=400m", disk);
        Assert.Equal(0, HicorrProcess.Run([.. flags, "--resume"]).Code);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_named()
    {
        string disk = Mount("ro");

        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("preprocess", Path.Combine(disk, "out"), "--quiet"));

        Assert.True(code == 6, $"exit code {code}: {errors}");
        Assert.Contains(disk, errors, StringComparison.Ordinal);
    }

    private string Mount(string options)
    {
        string target = _folder.PathOf("disk");
        Directory.CreateDirectory(target);
        if (!OperatingSystem.IsLinux() || Execute("mount", "-t", "tmpfs", "-o", options, "tmpfs", target) != 0)
            Assert.Skip("mounting a tmpfs needs root on Linux");
        return _mounted = target;
    }

    private static int Execute(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
