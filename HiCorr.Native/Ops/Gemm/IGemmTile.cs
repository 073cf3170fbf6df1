namespace HiCorr.Native.Ops.Gemm;

/// <summary>The innermost loops of the matrix products, one implementation per instruction set.</summary>
internal unsafe interface IGemmTile
{
    /// <summary>Rows that <see cref="MultiplyAdd"/> takes at once.</summary>
    static abstract int Rows { get; }

    /// <summary>Rows of the smaller tile that <see cref="MultiplyAddTail"/> takes at once.</summary>
    static abstract int TailRows { get; }

    /// <summary>
    /// c[r][0..31] += sum over k of a[r][k] * panel[k][0..31] for <see cref="Rows"/> rows. Each element is one chain of multiply-adds in the
    /// order of k, so the bits do not depend on how rows are grouped.
    /// </summary>
    static abstract void MultiplyAdd(float** a, float** c, float* panel, int depth);

    /// <summary>The same for <see cref="TailRows"/> rows.</summary>
    static abstract void MultiplyAddTail(float** a, float** c, float* panel, int depth);

    /// <summary>tile[i][0..31] = sum over p of x[p][i] * y[p][0..31]: x as (pairs, <see cref="GatherGemm.OuterRows"/>), y as (pairs, 32).</summary>
    static abstract void OuterProduct(float* x, float* y, int pairs, float* tile);
}
