using System.IO.Compression;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Formats.Torch;

/// <summary>
/// Reads PyTorch checkpoints (the zip form, torch 1.6 and later) that hold a state dict of float32 and int64 tensors, plain or inside other
/// dictionaries; nested names are joined by a dot. No code in the file is executed.
/// </summary>
public static class TorchCheckpointReader
{
    private const long LargestPickle = 256L << 20;
    private const int DeepestNesting = 16;
    private const int LargestCompression = 1032; // deflate cannot do better

    /// <summary>All float32 and int64 tensors by name, in the file's order.</summary>
    /// <exception cref="ArtefactException">The file is no checkpoint, is damaged, or holds something other than plain data and tensors.</exception>
    public static IReadOnlyList<(string Name, TorchTensor Tensor)> Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            ZipArchiveEntry pickle = archive.Entries.FirstOrDefault(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))
                ?? throw new ArtefactException(path, null, "an entry NAME/data.pkl", "none", "Save it with torch.save of torch 1.6 or later");
            string folder = pickle.FullName[..^"data.pkl".Length];
            object? root = new PickleReader(path, ReadEntry(path, pickle, stream.Length, LargestPickle)).Read();
            if (root is not PickleDictionary dictionary) throw new ArtefactException(path, "data.pkl", "a dictionary", "something else");
            var tensors = new List<(string, TorchTensor)>();
            var storages = new Dictionary<string, Array>();
            Collect(dictionary, "", 0);
            return tensors;

            void Collect(PickleDictionary items, string prefix, int depth)
            {
                if (depth > DeepestNesting) throw new ArtefactException(path, prefix, $"at most {DeepestNesting} dictionaries inside each other", "more");
                foreach ((object? key, object? value) in items.Items)
                {
                    if (key is not string name) continue;
                    if (value is PickleDictionary inner) Collect(inner, prefix + name + ".", depth + 1);
                    else if (value is PickleTensor tensor) tensors.Add((prefix + name, Window(prefix + name, tensor)));
                }
            }

            TorchTensor Window(string name, PickleTensor tensor)
            {
                bool isFloat = tensor.Storage.Type.ToString() switch
                {
                    "torch.FloatStorage" => true,
                    "torch.LongStorage" => false,
                    var other => throw new ArtefactException(path, $"tensor '{name}'", "float32 or int64 values", $"'{other}'", "Convert it with .float() before saving"),
                };
                (int[] shape, int count) = Shape(path, name, tensor);
                if (!storages.TryGetValue(tensor.Storage.Key, out Array? storage))
                    storages[tensor.Storage.Key] = storage = ReadStorage(path, archive, folder, tensor.Storage, isFloat, stream.Length);
                if (tensor.Offset < 0 || tensor.Offset + count > storage.Length || isFloat != storage is float[])
                    throw new ArtefactException(path, $"tensor '{name}'", $"{storage.Length} values in storage {tensor.Storage.Key}", $"values {tensor.Offset} to {tensor.Offset + count}");
                return isFloat
                    ? new TorchTensor { Shape = shape, IsFloat = true, Floats = new ReadOnlyMemory<float>((float[])storage, (int)tensor.Offset, count) }
                    : new TorchTensor { Shape = shape, IsFloat = false, Integers = new ReadOnlyMemory<long>((long[])storage, (int)tensor.Offset, count) };
            }
        }
        catch (InvalidDataException failure)
        {
            throw new ArtefactException(path, null, "a PyTorch checkpoint (zip)", failure.Message, "Save it with torch.save of torch 1.6 or later", failure);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtefactException(path, null, "a PyTorch checkpoint", "no such file", inner: failure);
        }
    }

    private static Array ReadStorage(string path, ZipArchive archive, string folder, PickleStorage storage, bool isFloat, long fileLength)
    {
        string name = folder + "data/" + storage.Key;
        ZipArchiveEntry entry = archive.GetEntry(name) ?? throw new ArtefactException(path, $"storage {storage.Key}", $"an entry '{name}'", "none");
        int size = isFloat ? sizeof(float) : sizeof(long);
        if (storage.Count < 0 || storage.Count > entry.Length / size || entry.Length != storage.Count * size)
            throw new ArtefactException(path, $"storage {storage.Key}", $"{storage.Count} values of {size} bytes", $"{entry.Length} bytes");
        byte[] bytes = ReadEntry(path, entry, fileLength, int.MaxValue - 64);
        Array values = isFloat ? new float[storage.Count] : new long[storage.Count];
        if (isFloat) MemoryMarshal.Cast<byte, float>(bytes).CopyTo((float[])values);
        else MemoryMarshal.Cast<byte, long>(bytes).CopyTo((long[])values);
        return values;
    }

    private static byte[] ReadEntry(string path, ZipArchiveEntry entry, long fileLength, long limit)
    {
        // The sizes come from the file: they are believed only as far as the file's own length can cover them.
        if (entry.CompressedLength > fileLength || entry.Length > limit || entry.Length > Math.Max(entry.CompressedLength, 1) * LargestCompression)
            throw new ArtefactException(path, $"entry '{entry.FullName}'", $"at most {Math.Min(limit, fileLength)} bytes", $"{entry.Length}");
        byte[] bytes = new byte[entry.Length];
        using Stream content = entry.Open();
        int read = content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < bytes.Length) throw new ArtefactException(path, $"entry '{entry.FullName}'", $"{bytes.Length} bytes", $"{read}", "The file is cut short: copy it again");
        return bytes;
    }

    private static (int[] Shape, int Count) Shape(string path, string name, PickleTensor tensor)
    {
        int[] shape = new int[tensor.Sizes.Length];
        long count = 1;
        if (tensor.Strides.Length != shape.Length) throw new ArtefactException(path, $"tensor '{name}'", "a stride a dimension", $"{tensor.Strides.Length} for {shape.Length}");
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            long size = tensor.Sizes[i];
            if (size < 0 || size > int.MaxValue || count * size > int.MaxValue)
                throw new ArtefactException(path, $"tensor '{name}'", "fewer than 2^31 values", $"a dimension of {size}");
            if (size > 1 && tensor.Strides[i] != count)
                throw new ArtefactException(path, $"tensor '{name}'", $"rows one after the other (stride {count} in dimension {i})", $"stride {tensor.Strides[i]}", "Save it with .contiguous()");
            shape[i] = (int)size;
            count *= size;
        }
        return (shape, (int)count);
    }
}
