using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>4 x 8 in 8 accumulators of 4 floats, four times for a panel of 32; multiply and add are fused only where the processor does it.</summary>
internal readonly unsafe struct PortableTile : IGemmTile
{
    public static int Rows => 4;

    public static int TailRows => 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float** a, float** c, float* panel, int depth)
    {
        for (int column = 0; column < GatherGemm.PanelWidth; column += 8)
        {
            float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
            Vector128<float> c00 = Vector128.Load(c[0] + column), c01 = Vector128.Load(c[0] + column + 4);
            Vector128<float> c10 = Vector128.Load(c[1] + column), c11 = Vector128.Load(c[1] + column + 4);
            Vector128<float> c20 = Vector128.Load(c[2] + column), c21 = Vector128.Load(c[2] + column + 4);
            Vector128<float> c30 = Vector128.Load(c[3] + column), c31 = Vector128.Load(c[3] + column + 4);
            float* b = panel + column;
            for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
            {
                Vector128<float> b0 = Vector128.Load(b), b1 = Vector128.Load(b + 4);
                Vector128<float> s0 = Vector128.Create(a0[k]);
                c00 = Vector128.MultiplyAddEstimate(s0, b0, c00);
                c01 = Vector128.MultiplyAddEstimate(s0, b1, c01);
                Vector128<float> s1 = Vector128.Create(a1[k]);
                c10 = Vector128.MultiplyAddEstimate(s1, b0, c10);
                c11 = Vector128.MultiplyAddEstimate(s1, b1, c11);
                Vector128<float> s2 = Vector128.Create(a2[k]);
                c20 = Vector128.MultiplyAddEstimate(s2, b0, c20);
                c21 = Vector128.MultiplyAddEstimate(s2, b1, c21);
                Vector128<float> s3 = Vector128.Create(a3[k]);
                c30 = Vector128.MultiplyAddEstimate(s3, b0, c30);
                c31 = Vector128.MultiplyAddEstimate(s3, b1, c31);
            }
            c00.Store(c[0] + column); c01.Store(c[0] + column + 4);
            c10.Store(c[1] + column); c11.Store(c[1] + column + 4);
            c20.Store(c[2] + column); c21.Store(c[2] + column + 4);
            c30.Store(c[3] + column); c31.Store(c[3] + column + 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAddTail(float** a, float** c, float* panel, int depth)
    {
        for (int column = 0; column < GatherGemm.PanelWidth; column += 8)
        {
            float* a0 = a[0];
            Vector128<float> c00 = Vector128.Load(c[0] + column), c01 = Vector128.Load(c[0] + column + 4);
            float* b = panel + column;
            for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
            {
                Vector128<float> b0 = Vector128.Load(b), b1 = Vector128.Load(b + 4);
                Vector128<float> s0 = Vector128.Create(a0[k]);
                c00 = Vector128.MultiplyAddEstimate(s0, b0, c00);
                c01 = Vector128.MultiplyAddEstimate(s0, b1, c01);
            }
            c00.Store(c[0] + column); c01.Store(c[0] + column + 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OuterProduct(float* x, float* y, int pairs, float* tile)
    {
        for (int row = 0; row < GatherGemm.OuterRows; row += 4)
        {
            for (int column = 0; column < GatherGemm.PanelWidth; column += 8)
            {
                Vector128<float> t00 = Vector128<float>.Zero, t01 = Vector128<float>.Zero;
                Vector128<float> t10 = Vector128<float>.Zero, t11 = Vector128<float>.Zero;
                Vector128<float> t20 = Vector128<float>.Zero, t21 = Vector128<float>.Zero;
                Vector128<float> t30 = Vector128<float>.Zero, t31 = Vector128<float>.Zero;
                // Two pointers that move on: computing both places from p would cost more instructions than the multiply-adds.
                float* xs = x + row, ys = y + column;
                for (int p = 0; p < pairs; p++, xs += GatherGemm.OuterRows, ys += GatherGemm.PanelWidth)
                {
                    Vector128<float> y0 = Vector128.Load(ys), y1 = Vector128.Load(ys + 4);
                    Vector128<float> s0 = Vector128.Create(xs[0]);
                    t00 = Vector128.MultiplyAddEstimate(s0, y0, t00);
                    t01 = Vector128.MultiplyAddEstimate(s0, y1, t01);
                    Vector128<float> s1 = Vector128.Create(xs[1]);
                    t10 = Vector128.MultiplyAddEstimate(s1, y0, t10);
                    t11 = Vector128.MultiplyAddEstimate(s1, y1, t11);
                    Vector128<float> s2 = Vector128.Create(xs[2]);
                    t20 = Vector128.MultiplyAddEstimate(s2, y0, t20);
                    t21 = Vector128.MultiplyAddEstimate(s2, y1, t21);
                    Vector128<float> s3 = Vector128.Create(xs[3]);
                    t30 = Vector128.MultiplyAddEstimate(s3, y0, t30);
                    t31 = Vector128.MultiplyAddEstimate(s3, y1, t31);
                }
                float* t = tile + (row * GatherGemm.PanelWidth) + column;
                t00.Store(t); t01.Store(t + 4);
                t10.Store(t + 32); t11.Store(t + 36);
                t20.Store(t + 64); t21.Store(t + 68);
                t30.Store(t + 96); t31.Store(t + 100);
            }
        }
    }
}
