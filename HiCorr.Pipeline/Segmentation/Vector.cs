using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// x y z in the lanes of a register, the fourth of no meaning. The arithmetic is single precision, one operation after the other:
/// System.Numerics.Vector3 may sum in another order, on which roots of segments depend.
/// </summary>
internal static class Vector
{
    /// <param name="xyz">(N, 3)</param>
    public static Vector128<float>[] Pack(ReadOnlySpan<float> xyz)
    {
        var vectors = new Vector128<float>[xyz.Length / 3];
        for (int i = 0, o = 0; i < vectors.Length; i++, o += 3) vectors[i] = Vector128.Create(xyz[o], xyz[o + 1], xyz[o + 2], 0);
        return vectors;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(Vector128<float> a, Vector128<float> b)
    {
        Vector128<float> products = a * b;
        return products.ToScalar() + products.GetElement(1) + products.GetElement(2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Cross(Vector128<float> a, Vector128<float> b) =>
        Vector128.Shuffle(a, Vector128.Create(1, 2, 0, 3)) * Vector128.Shuffle(b, Vector128.Create(2, 0, 1, 3))
        - Vector128.Shuffle(a, Vector128.Create(2, 0, 1, 3)) * Vector128.Shuffle(b, Vector128.Create(1, 2, 0, 3));
}
