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

    /// <summary>
    /// tile[i][0..31] = sum over pairs p of x[from[p]][i] * y[to[p]][0..31] for i below <see cref="GatherGemm.OuterRows"/>;
    /// a null index list stands for first, first + 1, ...
    /// </summary>
    static abstract void OuterProduct(float* x, int xStride, int* from, float* y, int yStride, int* to, int first, int pairs, float* tile);
}
