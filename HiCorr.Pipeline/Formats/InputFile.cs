using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats;

/// <summary>Opens and reads files from outside; what the system reports becomes an <see cref="InputException"/>.</summary>
public static class InputFile
{
    public static SafeFileHandle Open(string path, FileOptions options = FileOptions.None)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(path, null, "a file", "nothing", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, null, "a readable file", e.Message, inner: e);
        }
    }

    /// <summary>The whole file.</summary>
    /// <exception cref="InputException">Missing, unreadable or larger than an array can be.</exception>
    public static byte[] ReadBytes(string path)
    {
        using SafeFileHandle handle = Open(path, FileOptions.SequentialScan);
        long length = Length(handle, path);
        if (length > Array.MaxLength) throw new InputException(path, null, $"at most {Array.MaxLength} bytes", $"{length} bytes");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        ReadExactly(handle, bytes, 0, path);
        return bytes;
    }

    public static string ReadText(string path) => System.Text.Encoding.UTF8.GetString(ReadBytes(path));

    /// <summary>Bytes in the file; pipes and folders are refused.</summary>
    public static long Length(SafeFileHandle handle, string path)
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException(path, null, "a regular file", e.Message, inner: e);
        }
    }

    /// <summary>Fills <paramref name="target"/> from <paramref name="offset"/> on.</summary>
    public static void ReadExactly(SafeFileHandle handle, Span<byte> target, long offset, string path)
    {
        for (int done = 0; done < target.Length;)
        {
            int read;
            try
            {
                read = RandomAccess.Read(handle, target[done..], offset + done);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new InputException(path, $"offset {offset + done}", "readable bytes", e.Message, inner: e);
            }
            if (read == 0) throw new InputException(path, $"offset {offset + done}", $"{target.Length - done} more bytes", "the end of the file");
            done += read;
        }
    }
}
