using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Storage;

/// <summary>Files that are complete or absent: written beside the final name, synced, then renamed.</summary>
public static partial class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; on any failure the old file, if any, stays.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; names the file, not the temporary one.</exception>
    public static void Write(string path, Action<Stream> write, bool sync = true)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: sync);
            }
            File.Move(temporary, full, overwrite: true);
            if (sync) SyncFolder(folder);
        }
        catch (Exception error)
        {
            File.Delete(temporary);
            if (error is IOException or UnauthorizedAccessException && error.Message.Contains(temporary, StringComparison.Ordinal))
                throw new IOException(error.Message.Replace(temporary, full, StringComparison.Ordinal), error);
            throw;
        }
    }

    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    public static void Copy(string source, string path)
    {
        using FileStream from = File.OpenRead(source);
        Write(path, stream => from.CopyTo(stream));
    }

    /// <summary>Deletes what a killed process left half-written in a folder that no other process writes to.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string temporary in Directory.GetFiles(folder, ".*.tmp")) File.Delete(temporary);
    }

    /// <summary>A rename is only durable once its folder is; .NET has no call for that.</summary>
    private static void SyncFolder(string folder)
    {
        if (!OperatingSystem.IsLinux()) return;
        int descriptor = open(folder, 0);
        if (descriptor < 0) return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static partial int open(string path, int flags);
    [LibraryImport("libc")] private static partial int fsync(int descriptor);
    [LibraryImport("libc")] private static partial int close(int descriptor);
}
