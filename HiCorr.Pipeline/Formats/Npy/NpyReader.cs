using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Npy;

/// <summary>Reads NumPy array files. A wanted shape may hold -1 for "any length"; an empty one accepts every shape.</summary>
/// <exception cref="InputException">The file is missing, damaged, of another type or of another shape.</exception>
public static class NpyReader
{
    public static NpyHeader ReadHeader(string path)
    {
        using SafeFileHandle handle = InputFile.Open(path);
        return ReadHeader(handle, InputFile.Length(handle, path), path);
    }

    /// <summary>The array, whose element type must be <typeparamref name="T"/>: float, double, Half, int, long, ushort, byte or bool.</summary>
    public static NpyArray<T> Read<T>(string path, params ReadOnlySpan<int> shape) where T : unmanaged
    {
        using SafeFileHandle handle = InputFile.Open(path, FileOptions.SequentialScan);
        long length = InputFile.Length(handle, path);
        NpyHeader header = ReadHeader(handle, length, path);
        CheckShape(header.Shape, shape, path);
        return new NpyArray<T>(header.Shape, ReadData<T>(handle, length, header, path));
    }

    /// <summary>An array of float32, float16 or float64 numbers as float32.</summary>
    public static NpyArray<float> ReadFloats(string path, params ReadOnlySpan<int> shape)
    {
        NpyHeader header = ReadHeader(path);
        if (header.Descriptor == "<f2")
        {
            Half[] half = Read<Half>(path, shape).Data;
            float[] single = new float[half.Length];
            for (int i = 0; i < half.Length; i++) single[i] = (float)half[i];
            return new NpyArray<float>(header.Shape, single);
        }
        return header.Descriptor == "<f8"
            ? new NpyArray<float>(header.Shape, Array.ConvertAll(Read<double>(path, shape).Data, v => (float)v))
            : Read<float>(path, shape);
    }

    /// <summary>An array of int32 or int64 numbers as int32.</summary>
    public static NpyArray<int> ReadInts(string path, params ReadOnlySpan<int> shape)
    {
        NpyHeader header = ReadHeader(path);
        if (header.Descriptor != "<i8") return Read<int>(path, shape);
        long[] wide = Read<long>(path, shape).Data;
        int[] narrow = new int[wide.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            narrow[i] = (int)wide[i];
            if (narrow[i] != wide[i])
                throw new InputException(path, $"element {i}", "a number of at most 32 bits", wide[i].ToString(CultureInfo.InvariantCulture));
        }
        return new NpyArray<int>(header.Shape, narrow);
    }

    /// <summary>An array of uint8 numbers; bool is read as 0 and 1.</summary>
    public static NpyArray<byte> ReadBytes(string path, params ReadOnlySpan<int> shape)
    {
        NpyHeader header = ReadHeader(path);
        return NpyType.Matches(header.Descriptor, "|b1")
            ? new NpyArray<byte>(header.Shape, Array.ConvertAll(Read<bool>(path, shape).Data, v => v ? (byte)1 : (byte)0))
            : Read<byte>(path, shape);
    }

    private static NpyHeader ReadHeader(SafeFileHandle handle, long fileLength, string path)
    {
        Span<byte> prefix = stackalloc byte[(int)Math.Min(NpyHeader.PrefixLength, fileLength)];
        InputFile.ReadExactly(handle, prefix, 0, path);
        byte[] header = new byte[NpyHeader.ReadLength(prefix, fileLength, path)];
        InputFile.ReadExactly(handle, header, 0, path);
        return NpyHeader.Parse(header, path);
    }

    private static T[] ReadData<T>(SafeFileHandle handle, long fileLength, NpyHeader header, string path) where T : unmanaged
    {
        string wanted = NpyType.DescriptorOf<T>();
        if (!NpyType.Matches(header.Descriptor, wanted))
            throw new InputException(path, "header field 'descr'", $"element type '{wanted}'", $"'{header.Descriptor}'");
        long bytes = (long)header.Count * Unsafe.SizeOf<T>();
        if (fileLength - header.DataOffset != bytes)
            throw new InputException(path, $"offset {header.DataOffset}", $"{bytes} bytes for shape ({string.Join(", ", header.Shape)})", $"{fileLength - header.DataOffset} bytes");
        T[] data = GC.AllocateUninitializedArray<T>(header.Count);
        // Arrays of more than 2 GiB do not fit one span of bytes.
        const int Block = 1 << 24;
        for (int start = 0; start < data.Length; start += Block)
            InputFile.ReadExactly(handle, MemoryMarshal.AsBytes(data.AsSpan(start, Math.Min(Block, data.Length - start))),
                header.DataOffset + (long)start * Unsafe.SizeOf<T>(), path);
        return data;
    }

    private static void CheckShape(int[] found, ReadOnlySpan<int> wanted, string path)
    {
        if (wanted.IsEmpty) return;
        bool fits = found.Length == wanted.Length;
        for (int i = 0; fits && i < found.Length; i++) fits = wanted[i] < 0 || wanted[i] == found[i];
        if (fits) return;
        string[] axes = new string[wanted.Length];
        for (int i = 0; i < axes.Length; i++) axes[i] = wanted[i] < 0 ? "any" : wanted[i].ToString(CultureInfo.InvariantCulture);
        throw new InputException(path, "header field 'shape'", $"({string.Join(", ", axes)})", $"({string.Join(", ", found)})");
    }
}
