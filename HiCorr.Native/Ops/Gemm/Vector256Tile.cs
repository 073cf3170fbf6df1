using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>6 x 16 in 12 accumulators of 8 floats, twice for a panel of 32.</summary>
internal readonly unsafe struct Vector256Tile : IGemmTile
{
    public static int Rows => 6;

    public static int TailRows => 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float** a, float** c, float* panel, int depth)
    {
        for (int column = 0; column < GatherGemm.PanelWidth; column += 16)
        {
            float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
            Vector256<float> c00 = Vector256.Load(c[0] + column), c01 = Vector256.Load(c[0] + column + 8);
            Vector256<float> c10 = Vector256.Load(c[1] + column), c11 = Vector256.Load(c[1] + column + 8);
            Vector256<float> c20 = Vector256.Load(c[2] + column), c21 = Vector256.Load(c[2] + column + 8);
            Vector256<float> c30 = Vector256.Load(c[3] + column), c31 = Vector256.Load(c[3] + column + 8);
            Vector256<float> c40 = Vector256.Load(c[4] + column), c41 = Vector256.Load(c[4] + column + 8);
            Vector256<float> c50 = Vector256.Load(c[5] + column), c51 = Vector256.Load(c[5] + column + 8);
            float* b = panel + column;
            for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
                Vector256<float> s0 = Vector256.Create(a0[k]);
                c00 = Vector256.FusedMultiplyAdd(s0, b0, c00);
                c01 = Vector256.FusedMultiplyAdd(s0, b1, c01);
                Vector256<float> s1 = Vector256.Create(a1[k]);
                c10 = Vector256.FusedMultiplyAdd(s1, b0, c10);
                c11 = Vector256.FusedMultiplyAdd(s1, b1, c11);
                Vector256<float> s2 = Vector256.Create(a2[k]);
                c20 = Vector256.FusedMultiplyAdd(s2, b0, c20);
                c21 = Vector256.FusedMultiplyAdd(s2, b1, c21);
                Vector256<float> s3 = Vector256.Create(a3[k]);
                c30 = Vector256.FusedMultiplyAdd(s3, b0, c30);
                c31 = Vector256.FusedMultiplyAdd(s3, b1, c31);
                Vector256<float> s4 = Vector256.Create(a4[k]);
                c40 = Vector256.FusedMultiplyAdd(s4, b0, c40);
                c41 = Vector256.FusedMultiplyAdd(s4, b1, c41);
                Vector256<float> s5 = Vector256.Create(a5[k]);
                c50 = Vector256.FusedMultiplyAdd(s5, b0, c50);
                c51 = Vector256.FusedMultiplyAdd(s5, b1, c51);
            }
            c00.Store(c[0] + column); c01.Store(c[0] + column + 8);
            c10.Store(c[1] + column); c11.Store(c[1] + column + 8);
            c20.Store(c[2] + column); c21.Store(c[2] + column + 8);
            c30.Store(c[3] + column); c31.Store(c[3] + column + 8);
            c40.Store(c[4] + column); c41.Store(c[4] + column + 8);
            c50.Store(c[5] + column); c51.Store(c[5] + column + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAddTail(float** a, float** c, float* panel, int depth)
    {
        for (int column = 0; column < GatherGemm.PanelWidth; column += 16)
        {
            float* a0 = a[0], a1 = a[1];
            Vector256<float> c00 = Vector256.Load(c[0] + column), c01 = Vector256.Load(c[0] + column + 8);
            Vector256<float> c10 = Vector256.Load(c[1] + column), c11 = Vector256.Load(c[1] + column + 8);
            float* b = panel + column;
            for (int k = 0; k < depth; k++, b += GatherGemm.PanelWidth)
            {
                Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
                Vector256<float> s0 = Vector256.Create(a0[k]);
                c00 = Vector256.FusedMultiplyAdd(s0, b0, c00);
                c01 = Vector256.FusedMultiplyAdd(s0, b1, c01);
                Vector256<float> s1 = Vector256.Create(a1[k]);
                c10 = Vector256.FusedMultiplyAdd(s1, b0, c10);
                c11 = Vector256.FusedMultiplyAdd(s1, b1, c11);
            }
            c00.Store(c[0] + column); c01.Store(c[0] + column + 8);
            c10.Store(c[1] + column); c11.Store(c[1] + column + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OuterProduct(float* x, float* y, int pairs, float* tile)
    {
        for (int row = 0; row < GatherGemm.OuterRows; row += 4)
        {
            for (int column = 0; column < GatherGemm.PanelWidth; column += 16)
            {
                Vector256<float> t00 = Vector256<float>.Zero, t01 = Vector256<float>.Zero;
                Vector256<float> t10 = Vector256<float>.Zero, t11 = Vector256<float>.Zero;
                Vector256<float> t20 = Vector256<float>.Zero, t21 = Vector256<float>.Zero;
                Vector256<float> t30 = Vector256<float>.Zero, t31 = Vector256<float>.Zero;
                // Two pointers that move on: computing both places from p would cost more instructions than the multiply-adds.
                float* xs = x + row, ys = y + column;
                for (int p = 0; p < pairs; p++, xs += GatherGemm.OuterRows, ys += GatherGemm.PanelWidth)
                {
                    Vector256<float> y0 = Vector256.Load(ys), y1 = Vector256.Load(ys + 8);
                    Vector256<float> s0 = Vector256.Create(xs[0]);
                    t00 = Vector256.FusedMultiplyAdd(s0, y0, t00);
                    t01 = Vector256.FusedMultiplyAdd(s0, y1, t01);
                    Vector256<float> s1 = Vector256.Create(xs[1]);
                    t10 = Vector256.FusedMultiplyAdd(s1, y0, t10);
                    t11 = Vector256.FusedMultiplyAdd(s1, y1, t11);
                    Vector256<float> s2 = Vector256.Create(xs[2]);
                    t20 = Vector256.FusedMultiplyAdd(s2, y0, t20);
                    t21 = Vector256.FusedMultiplyAdd(s2, y1, t21);
                    Vector256<float> s3 = Vector256.Create(xs[3]);
                    t30 = Vector256.FusedMultiplyAdd(s3, y0, t30);
                    t31 = Vector256.FusedMultiplyAdd(s3, y1, t31);
                }
                float* t = tile + (row * GatherGemm.PanelWidth) + column;
                t00.Store(t); t01.Store(t + 8);
                t10.Store(t + 32); t11.Store(t + 40);
                t20.Store(t + 64); t21.Store(t + 72);
                t30.Store(t + 96); t31.Store(t + 104);
            }
        }
    }
}
