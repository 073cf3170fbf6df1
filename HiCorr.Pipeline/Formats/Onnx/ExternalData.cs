using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Onnx;

/// <summary>Bytes of a tensor in a file beside the model (ONNX external data): never outside the model's folder.</summary>
internal readonly record struct ExternalData(string File, long Offset, long Length)
{
    /// <param name="model">The ONNX file.</param>
    /// <param name="tensor">A tensor whose data location is external.</param>
    /// <param name="bytes">Bytes that its shape and type need.</param>
    /// <exception cref="ArtefactException">The location is outside the folder, or the file lacks these bytes.</exception>
    public static ExternalData Locate(string model, TensorProto tensor, long bytes)
    {
        string where = $"initializer '{tensor.Name}'";
        string location = Entry(tensor, "location") ?? throw new ArtefactException(model, where, "a location of its external data", "none");
        string file = Resolve(model, where, location);
        long offset = Number(model, where, tensor, "offset") ?? 0;
        long length = Number(model, where, tensor, "length") ?? bytes;
        if (length != bytes) throw new ArtefactException(model, where, $"external data of {bytes} bytes, as its shape and type need", $"length {length}");
        using SafeFileHandle handle = InputFile.Open(file);
        long available = InputFile.Length(handle, file);
        if (offset > available - length) throw new ArtefactException(file, $"offset {offset}", $"{length} bytes of {where} of {System.IO.Path.GetFileName(model)}", $"a file of {available} bytes");
        return new ExternalData(file, offset, length);
    }

    public byte[] Read()
    {
        using SafeFileHandle handle = InputFile.Open(File);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)Length));
        InputFile.ReadExactly(handle, bytes, Offset, File);
        return bytes;
    }

    public void CopyTo(Stream target)
    {
        using SafeFileHandle handle = InputFile.Open(File, FileOptions.SequentialScan);
        byte[] buffer = new byte[Math.Min(Length, 1 << 20)];
        for (long done = 0; done < Length; done += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - done));
            InputFile.ReadExactly(handle, part, Offset + done, File);
            target.Write(part);
        }
    }

    private static string Resolve(string model, string where, string location)
    {
        string[] parts = location.Split('/', '\\');
        if (location.Contains('\0', StringComparison.Ordinal) || System.IO.Path.IsPathRooted(location) || parts.Any(part => part is "" or "." or ".." || part.Contains(':', StringComparison.Ordinal)))
            throw new ArtefactException(model, where, "external data in a file inside the model's folder", Bytes.Show(location), "Put the model and its data into one folder and export again");
        string path = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(model))!;
        foreach (string part in parts)
        {
            path = System.IO.Path.Combine(path, part);
            // Also where a link leads back inside: following links at all would make the check depend on what changes meanwhile.
            if (new FileInfo(path).LinkTarget is { } target)
                throw new ArtefactException(model, where, $"external data in a file inside the model's folder, not behind a link", $"{path}, a link to {target}", "Copy the files themselves into one folder (cp -rL)");
        }
        return path;
    }

    private static long? Number(string model, string where, TensorProto tensor, string key)
    {
        if (Entry(tensor, key) is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new ArtefactException(model, where, $"a whole number from 0 as {key} of its external data", Bytes.Show(text));
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;
}
