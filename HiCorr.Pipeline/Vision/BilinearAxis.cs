namespace HiCorr.Pipeline.Vision;

/// <summary>
/// Bilinear sampling of cells along one axis with half-pixel centres (align_corners = false): target i lies at cell coordinate
/// (i + 0.5) · step - 0.5, clamped to the first and last cell.
/// </summary>
internal sealed record BilinearAxis(int[] Lower, int[] Upper, float[] Weight)
{
    /// <param name="targets">Samples along the axis.</param>
    /// <param name="step">Cells per target.</param>
    /// <param name="first">Index of the first cell that may be used.</param>
    /// <param name="cells">How many cells may be used from there on.</param>
    public static BilinearAxis Build(int targets, double step, int first, int cells)
    {
        var axis = new BilinearAxis(new int[targets], new int[targets], new float[targets]);
        for (int i = 0; i < targets; i++)
        {
            double position = Math.Clamp((i + 0.5) * step - 0.5, 0, cells - 1);
            int lower = (int)position;
            axis.Lower[i] = first + lower;
            axis.Upper[i] = first + Math.Min(lower + 1, cells - 1);
            axis.Weight[i] = (float)(position - lower);
        }
        return axis;
    }
}
