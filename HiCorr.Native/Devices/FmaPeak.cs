using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Devices;

/// <summary>The multiply-add rate that the processor reaches when nothing but multiply-adds in registers is to be done.</summary>
public static class FmaPeak
{
    private const int Accumulators = 12;
    private const int Rounds = 2_000_000;
    private const int Repetitions = 5;

    /// <summary>GFLOP/s of all threads of a device together, the best of several tries; a multiply-add counts as two.</summary>
    public static unsafe double Measure(CpuDevice device)
    {
        int threads = device.Threads.Threads;
        int width = device.Simd switch { SimdPath.Vector512 => 16, SimdPath.Vector256 => 8, _ => 4 };
        float* results = stackalloc float[threads];
        double best = 0;
        for (int i = 0; i < Repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            device.Threads.For(threads, new Probe(device.Simd, results));
            best = Math.Max(best, 2.0 * width * Accumulators * Rounds * threads / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        return best;
    }

    private readonly unsafe struct Probe(SimdPath simd, float* results) : IParallelBlock
    {
        public void Execute(int index) => results[index] = simd switch
        {
            SimdPath.Vector512 => Run512(),
            SimdPath.Vector256 => Run256(),
            _ => Run128(),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run512()
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(1e-9f);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            s0 = Vector512.FusedMultiplyAdd(s0, a, b); s1 = Vector512.FusedMultiplyAdd(s1, a, b); s2 = Vector512.FusedMultiplyAdd(s2, a, b);
            s3 = Vector512.FusedMultiplyAdd(s3, a, b); s4 = Vector512.FusedMultiplyAdd(s4, a, b); s5 = Vector512.FusedMultiplyAdd(s5, a, b);
            s6 = Vector512.FusedMultiplyAdd(s6, a, b); s7 = Vector512.FusedMultiplyAdd(s7, a, b); s8 = Vector512.FusedMultiplyAdd(s8, a, b);
            s9 = Vector512.FusedMultiplyAdd(s9, a, b); s10 = Vector512.FusedMultiplyAdd(s10, a, b); s11 = Vector512.FusedMultiplyAdd(s11, a, b);
        }
        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run256()
    {
        Vector256<float> a = Vector256.Create(0.999f), b = Vector256.Create(1e-9f);
        Vector256<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            s0 = Vector256.FusedMultiplyAdd(s0, a, b); s1 = Vector256.FusedMultiplyAdd(s1, a, b); s2 = Vector256.FusedMultiplyAdd(s2, a, b);
            s3 = Vector256.FusedMultiplyAdd(s3, a, b); s4 = Vector256.FusedMultiplyAdd(s4, a, b); s5 = Vector256.FusedMultiplyAdd(s5, a, b);
            s6 = Vector256.FusedMultiplyAdd(s6, a, b); s7 = Vector256.FusedMultiplyAdd(s7, a, b); s8 = Vector256.FusedMultiplyAdd(s8, a, b);
            s9 = Vector256.FusedMultiplyAdd(s9, a, b); s10 = Vector256.FusedMultiplyAdd(s10, a, b); s11 = Vector256.FusedMultiplyAdd(s11, a, b);
        }
        return Vector256.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run128()
    {
        Vector128<float> a = Vector128.Create(0.999f), b = Vector128.Create(1e-9f);
        Vector128<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            s0 = Vector128.MultiplyAddEstimate(s0, a, b); s1 = Vector128.MultiplyAddEstimate(s1, a, b); s2 = Vector128.MultiplyAddEstimate(s2, a, b);
            s3 = Vector128.MultiplyAddEstimate(s3, a, b); s4 = Vector128.MultiplyAddEstimate(s4, a, b); s5 = Vector128.MultiplyAddEstimate(s5, a, b);
            s6 = Vector128.MultiplyAddEstimate(s6, a, b); s7 = Vector128.MultiplyAddEstimate(s7, a, b); s8 = Vector128.MultiplyAddEstimate(s8, a, b);
            s9 = Vector128.MultiplyAddEstimate(s9, a, b); s10 = Vector128.MultiplyAddEstimate(s10, a, b); s11 = Vector128.MultiplyAddEstimate(s11, a, b);
        }
        return Vector128.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }
}
