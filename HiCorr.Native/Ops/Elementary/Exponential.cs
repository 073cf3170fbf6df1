using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Elementary;

/// <summary>
/// exp in single precision for arguments that are not large: 2^t = 2^n p(t - n) with n the nearest integer and p the polynomial of degree 6 of Cephes'
/// exp2f; relative error 2e-7. Vector256.Exp goes through double precision, which takes several times as long.
/// </summary>
internal static class Exponential
{
    public const float Log2E = 1.44269504f;

    /// <summary>Results below 2^-100 become 0, which keeps slow subnormal numbers out of the products that follow.</summary>
    private const float Smallest = -100;

    /// <summary>Adding it rounds to an integer that then stands in the lowest bits.</summary>
    private const float RoundingShift = 12582912; // 1.5 * 2^23

    /// <summary>2^t for t ≤ 126, minus infinity included; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOf2(Vector256<float> t)
    {
        // Max would take several instructions for NaN and signed zeros; this order of arguments lets NaN through, as the comparison does.
        Vector256<float> small = Vector256.LessThanOrEqual(t, Vector256.Create(Smallest));
        Vector256<float> bounded = Vector256.MaxNative(Vector256.Create(Smallest), t);
        Vector256<float> shifted = bounded + Vector256.Create(RoundingShift);
        Vector256<float> f = bounded - (shifted - Vector256.Create(RoundingShift));
        Vector256<float> p = Vector256.Create(1.535336188319500e-4f);
        p = Vector256.MultiplyAddEstimate(p, f, Vector256.Create(1.339887440266574e-3f));
        p = Vector256.MultiplyAddEstimate(p, f, Vector256.Create(9.618437357674640e-3f));
        p = Vector256.MultiplyAddEstimate(p, f, Vector256.Create(5.550332471162809e-2f));
        p = Vector256.MultiplyAddEstimate(p, f, Vector256.Create(2.402264791363012e-1f));
        p = Vector256.MultiplyAddEstimate(p, f, Vector256.Create(6.931472028550421e-1f));
        p = Vector256.MultiplyAddEstimate(p, f, Vector256<float>.One);
        return Vector256.AndNot((p.AsInt32() + (shifted.AsInt32() << 23)).AsSingle(), small);
    }

    /// <summary>e^x for x ≤ 87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x) => PowerOf2(x * Vector256.Create(Log2E));
}
