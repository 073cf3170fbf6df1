namespace HiCorr.Pipeline.Formats.Npy;

/// <summary>NumPy's names of the element types that are read and written; multi-byte types in little-endian order.</summary>
internal static class NpyType
{
    public static string DescriptorOf<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? "<f4"
        : typeof(T) == typeof(double) ? "<f8"
        : typeof(T) == typeof(Half) ? "<f2"
        : typeof(T) == typeof(int) ? "<i4"
        : typeof(T) == typeof(long) ? "<i8"
        : typeof(T) == typeof(ushort) ? "<u2"
        : typeof(T) == typeof(byte) ? "|u1"
        : typeof(T) == typeof(bool) ? "|b1"
        : throw new NotSupportedException($"{typeof(T).Name} is no element type of .npy files here.");

    /// <summary>Single bytes have no order, so "&lt;u1" and "=u1" are "|u1" too.</summary>
    public static bool Matches(string descriptor, string wanted) =>
        descriptor == wanted || (wanted[0] == '|' && descriptor.Length == 3 && descriptor[0] != '>' && descriptor.AsSpan(1).SequenceEqual(wanted.AsSpan(1)));
}
