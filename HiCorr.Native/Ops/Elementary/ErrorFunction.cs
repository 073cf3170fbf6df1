using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Elementary;

/// <summary>
/// erf in single precision: x P(x²) / Q(x²) on |x| ≤ 4, beyond which it rounds to ±1; absolute error 3e-7; NaN is the caller's to see. The polynomials are those of Eigen's and
/// XLA's erf for float.
/// </summary>
internal static class ErrorFunction
{
    private const float Largest = 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Erf(Vector256<float> x)
    {
        Vector256<float> bounded = Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(-Largest)), Vector256.Create(Largest)), square = bounded * bounded;
        Vector256<float> p = Vector256.Create(-2.72614225801306e-10f);
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(2.77068142495902e-08f));
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(-2.10102402082508e-06f));
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(-5.69250639462346e-05f));
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(-7.34990630326855e-04f));
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(-2.95459980854025e-03f));
        p = Vector256.MultiplyAddEstimate(p, square, Vector256.Create(-1.60960333262415e-02f));
        Vector256<float> q = Vector256.Create(-1.45660718464996e-05f);
        q = Vector256.MultiplyAddEstimate(q, square, Vector256.Create(-2.13374055278905e-04f));
        q = Vector256.MultiplyAddEstimate(q, square, Vector256.Create(-1.68282697438203e-03f));
        q = Vector256.MultiplyAddEstimate(q, square, Vector256.Create(-7.37332916720468e-03f));
        q = Vector256.MultiplyAddEstimate(q, square, Vector256.Create(-1.42647390514189e-02f));
        return bounded * p / q;
    }
}
