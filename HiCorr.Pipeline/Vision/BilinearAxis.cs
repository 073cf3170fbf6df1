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
    public static BilinearAxis Build(int targets, double step, int first, int cells) =>
        Build(targets, i => (i + 0.5) * step - 0.5, first, cells);

    /// <summary>The same for a map of the mirror image: target i lies at cell coordinate extent - (i + 0.5) · step - 0.5.</summary>
    /// <param name="extent">Cells that the image is long; its last one may be covered in part.</param>
    public static BilinearAxis BuildMirrored(int targets, double step, double extent, int first, int cells) =>
        Build(targets, i => extent - (i + 0.5) * step - 0.5, first, cells);

    private static BilinearAxis Build(int targets, Func<int, double> position, int first, int cells)
    {
        var axis = new BilinearAxis(new int[targets], new int[targets], new float[targets]);
        for (int i = 0; i < targets; i++)
        {
            double clamped = Math.Clamp(position(i), 0, cells - 1);
            int lower = (int)clamped;
            axis.Lower[i] = first + lower;
            axis.Upper[i] = first + Math.Min(lower + 1, cells - 1);
            axis.Weight[i] = (float)(clamped - lower);
        }
        return axis;
    }
}
