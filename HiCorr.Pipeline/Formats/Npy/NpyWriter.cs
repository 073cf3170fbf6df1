using System.Runtime.InteropServices;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Npy;

/// <summary>Writes NumPy array files (format version 1, little endian, C order), complete or not at all.</summary>
public static class NpyWriter
{
    private const int Block = 1 << 24;

    /// <summary>Writes <paramref name="data"/>, last axis fastest; without a shape it is one axis.</summary>
    public static void Write<T>(string path, ReadOnlySpan<T> data, params ReadOnlySpan<int> shape) where T : unmanaged
    {
        int[] lengths = shape.IsEmpty ? [data.Length] : shape.ToArray();
        var header = new NpyHeader(NpyType.DescriptorOf<T>(), lengths, 0);
        if (header.Count != data.Length)
            throw new ArgumentException($"Shape ({string.Join(", ", lengths)}) holds {header.Count} elements, the data {data.Length}.", nameof(shape));
        ref T first = ref MemoryMarshal.GetReference(data);
        int count = data.Length;
        unsafe
        {
            fixed (T* pointer = &first)
            {
                nint address = (nint)pointer; // a span cannot be captured
                AtomicFile.Write(path, stream =>
                {
                    stream.Write(header.ToBytes());
                    for (int start = 0; start < count; start += Block)
                        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>((T*)address + start, Math.Min(Block, count - start))));
                });
            }
        }
    }
}
