using System.Runtime.CompilerServices;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>Products of blocks that lie in the cache, for ops that make and use up a matrix block by block.</summary>
internal static unsafe class TileProduct<TTile> where TTile : IGemmTile
{
    /// <summary>A divisor for the height of a block of c: whole tiles on every path.</summary>
    public const int RowsMultiple = 12;

    /// <summary>c[r][0 .. 32 panels - 1] += Σ_k a[r][k] B[k][..]. Rows of c up to the next multiple of 12 are written too, with values of no meaning.</summary>
    /// <param name="a">(rows, depth), <paramref name="aStride"/> floats apart.</param>
    /// <param name="aStride">Floats from row to row.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="b">Panels [depth][32], <paramref name="panelFloats"/> apart.</param>
    /// <param name="panelFloats">Floats from panel to panel.</param>
    /// <param name="panels">How many.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="c">The block.</param>
    /// <param name="cStride">Floats from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float* a, long aStride, int rows, float* b, long panelFloats, int panels, int depth, float* c, int cStride)
    {
        float** from = stackalloc float*[TTile.Rows];
        float** to = stackalloc float*[TTile.Rows];
        for (int panel = 0; panel < panels; panel++)
        {
            for (int done = 0; done < rows; done += TTile.Rows)
            {
                for (int r = 0; r < TTile.Rows; r++)
                {
                    from[r] = a + (Math.Min(done + r, rows - 1) * aStride);
                    to[r] = c + ((long)(done + r) * cStride) + (panel * GatherGemm.PanelWidth);
                }
                TTile.MultiplyAdd(from, to, b + (panel * panelFloats), depth);
            }
        }
    }
}
