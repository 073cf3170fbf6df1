using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>12 x 32 in 24 accumulators of 16 floats: 24 multiply-adds for 14 loads, rows by pointer, so nothing is copied before.</summary>
internal readonly unsafe struct Vector512Tile : IGemmTile
{
    public static int Rows => 12;

    public static int TailRows => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float** a, float** c, float* panel, int depth)
    {
        float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10], a11 = a[11];
        Vector512<float> c00 = Vector512.Load(c[0]), c01 = Vector512.Load(c[0] + 16);
        Vector512<float> c10 = Vector512.Load(c[1]), c11 = Vector512.Load(c[1] + 16);
        Vector512<float> c20 = Vector512.Load(c[2]), c21 = Vector512.Load(c[2] + 16);
        Vector512<float> c30 = Vector512.Load(c[3]), c31 = Vector512.Load(c[3] + 16);
        Vector512<float> c40 = Vector512.Load(c[4]), c41 = Vector512.Load(c[4] + 16);
        Vector512<float> c50 = Vector512.Load(c[5]), c51 = Vector512.Load(c[5] + 16);
        Vector512<float> c60 = Vector512.Load(c[6]), c61 = Vector512.Load(c[6] + 16);
        Vector512<float> c70 = Vector512.Load(c[7]), c71 = Vector512.Load(c[7] + 16);
        Vector512<float> c80 = Vector512.Load(c[8]), c81 = Vector512.Load(c[8] + 16);
        Vector512<float> c90 = Vector512.Load(c[9]), c91 = Vector512.Load(c[9] + 16);
        Vector512<float> c100 = Vector512.Load(c[10]), c101 = Vector512.Load(c[10] + 16);
        Vector512<float> c110 = Vector512.Load(c[11]), c111 = Vector512.Load(c[11] + 16);
        float* b = panel;
        for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> s0 = Vector512.Create(a0[k]);
            c00 = Vector512.FusedMultiplyAdd(s0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(s0, b1, c01);
            Vector512<float> s1 = Vector512.Create(a1[k]);
            c10 = Vector512.FusedMultiplyAdd(s1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(s1, b1, c11);
            Vector512<float> s2 = Vector512.Create(a2[k]);
            c20 = Vector512.FusedMultiplyAdd(s2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(s2, b1, c21);
            Vector512<float> s3 = Vector512.Create(a3[k]);
            c30 = Vector512.FusedMultiplyAdd(s3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(s3, b1, c31);
            Vector512<float> s4 = Vector512.Create(a4[k]);
            c40 = Vector512.FusedMultiplyAdd(s4, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(s4, b1, c41);
            Vector512<float> s5 = Vector512.Create(a5[k]);
            c50 = Vector512.FusedMultiplyAdd(s5, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(s5, b1, c51);
            Vector512<float> s6 = Vector512.Create(a6[k]);
            c60 = Vector512.FusedMultiplyAdd(s6, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(s6, b1, c61);
            Vector512<float> s7 = Vector512.Create(a7[k]);
            c70 = Vector512.FusedMultiplyAdd(s7, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(s7, b1, c71);
            Vector512<float> s8 = Vector512.Create(a8[k]);
            c80 = Vector512.FusedMultiplyAdd(s8, b0, c80);
            c81 = Vector512.FusedMultiplyAdd(s8, b1, c81);
            Vector512<float> s9 = Vector512.Create(a9[k]);
            c90 = Vector512.FusedMultiplyAdd(s9, b0, c90);
            c91 = Vector512.FusedMultiplyAdd(s9, b1, c91);
            Vector512<float> s10 = Vector512.Create(a10[k]);
            c100 = Vector512.FusedMultiplyAdd(s10, b0, c100);
            c101 = Vector512.FusedMultiplyAdd(s10, b1, c101);
            Vector512<float> s11 = Vector512.Create(a11[k]);
            c110 = Vector512.FusedMultiplyAdd(s11, b0, c110);
            c111 = Vector512.FusedMultiplyAdd(s11, b1, c111);
        }
        c00.Store(c[0]); c01.Store(c[0] + 16);
        c10.Store(c[1]); c11.Store(c[1] + 16);
        c20.Store(c[2]); c21.Store(c[2] + 16);
        c30.Store(c[3]); c31.Store(c[3] + 16);
        c40.Store(c[4]); c41.Store(c[4] + 16);
        c50.Store(c[5]); c51.Store(c[5] + 16);
        c60.Store(c[6]); c61.Store(c[6] + 16);
        c70.Store(c[7]); c71.Store(c[7] + 16);
        c80.Store(c[8]); c81.Store(c[8] + 16);
        c90.Store(c[9]); c91.Store(c[9] + 16);
        c100.Store(c[10]); c101.Store(c[10] + 16);
        c110.Store(c[11]); c111.Store(c[11] + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAddTail(float** a, float** c, float* panel, int depth)
    {
        float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
        Vector512<float> c00 = Vector512.Load(c[0]), c01 = Vector512.Load(c[0] + 16);
        Vector512<float> c10 = Vector512.Load(c[1]), c11 = Vector512.Load(c[1] + 16);
        Vector512<float> c20 = Vector512.Load(c[2]), c21 = Vector512.Load(c[2] + 16);
        Vector512<float> c30 = Vector512.Load(c[3]), c31 = Vector512.Load(c[3] + 16);
        float* b = panel;
        for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> s0 = Vector512.Create(a0[k]);
            c00 = Vector512.FusedMultiplyAdd(s0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(s0, b1, c01);
            Vector512<float> s1 = Vector512.Create(a1[k]);
            c10 = Vector512.FusedMultiplyAdd(s1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(s1, b1, c11);
            Vector512<float> s2 = Vector512.Create(a2[k]);
            c20 = Vector512.FusedMultiplyAdd(s2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(s2, b1, c21);
            Vector512<float> s3 = Vector512.Create(a3[k]);
            c30 = Vector512.FusedMultiplyAdd(s3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(s3, b1, c31);
        }
        c00.Store(c[0]); c01.Store(c[0] + 16);
        c10.Store(c[1]); c11.Store(c[1] + 16);
        c20.Store(c[2]); c21.Store(c[2] + 16);
        c30.Store(c[3]); c31.Store(c[3] + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OuterProduct(float* x, float* y, int pairs, float* tile)
    {
        Vector512<float> t00 = Vector512<float>.Zero, t01 = Vector512<float>.Zero;
        Vector512<float> t10 = Vector512<float>.Zero, t11 = Vector512<float>.Zero;
        Vector512<float> t20 = Vector512<float>.Zero, t21 = Vector512<float>.Zero;
        Vector512<float> t30 = Vector512<float>.Zero, t31 = Vector512<float>.Zero;
        Vector512<float> t40 = Vector512<float>.Zero, t41 = Vector512<float>.Zero;
        Vector512<float> t50 = Vector512<float>.Zero, t51 = Vector512<float>.Zero;
        Vector512<float> t60 = Vector512<float>.Zero, t61 = Vector512<float>.Zero;
        Vector512<float> t70 = Vector512<float>.Zero, t71 = Vector512<float>.Zero;
        float* xs = x, ys = y;
        for (int p = 0; p < pairs; p++, xs += GatherGemm.OuterRows, ys += GatherGemm.PanelWidth)
        {
            Vector512<float> y0 = Vector512.Load(ys), y1 = Vector512.Load(ys + 16);
            Vector512<float> s0 = Vector512.Create(xs[0]);
            t00 = Vector512.FusedMultiplyAdd(s0, y0, t00);
            t01 = Vector512.FusedMultiplyAdd(s0, y1, t01);
            Vector512<float> s1 = Vector512.Create(xs[1]);
            t10 = Vector512.FusedMultiplyAdd(s1, y0, t10);
            t11 = Vector512.FusedMultiplyAdd(s1, y1, t11);
            Vector512<float> s2 = Vector512.Create(xs[2]);
            t20 = Vector512.FusedMultiplyAdd(s2, y0, t20);
            t21 = Vector512.FusedMultiplyAdd(s2, y1, t21);
            Vector512<float> s3 = Vector512.Create(xs[3]);
            t30 = Vector512.FusedMultiplyAdd(s3, y0, t30);
            t31 = Vector512.FusedMultiplyAdd(s3, y1, t31);
            Vector512<float> s4 = Vector512.Create(xs[4]);
            t40 = Vector512.FusedMultiplyAdd(s4, y0, t40);
            t41 = Vector512.FusedMultiplyAdd(s4, y1, t41);
            Vector512<float> s5 = Vector512.Create(xs[5]);
            t50 = Vector512.FusedMultiplyAdd(s5, y0, t50);
            t51 = Vector512.FusedMultiplyAdd(s5, y1, t51);
            Vector512<float> s6 = Vector512.Create(xs[6]);
            t60 = Vector512.FusedMultiplyAdd(s6, y0, t60);
            t61 = Vector512.FusedMultiplyAdd(s6, y1, t61);
            Vector512<float> s7 = Vector512.Create(xs[7]);
            t70 = Vector512.FusedMultiplyAdd(s7, y0, t70);
            t71 = Vector512.FusedMultiplyAdd(s7, y1, t71);
        }
        float* t = tile;
        t00.Store(t); t01.Store(t + 16);
        t10.Store(t + 32); t11.Store(t + 48);
        t20.Store(t + 64); t21.Store(t + 80);
        t30.Store(t + 96); t31.Store(t + 112);
        t40.Store(t + 128); t41.Store(t + 144);
        t50.Store(t + 160); t51.Store(t + 176);
        t60.Store(t + 192); t61.Store(t + 208);
        t70.Store(t + 224); t71.Store(t + 240);
    }
}
