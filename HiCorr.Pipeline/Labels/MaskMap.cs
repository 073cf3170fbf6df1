namespace HiCorr.Pipeline.Labels;

/// <summary>Which mask each pixel of one frame lies in.</summary>
/// <param name="Width">Columns of the map, which may be smaller than the image's.</param>
/// <param name="Height">Rows of the map.</param>
/// <param name="Ids">Mask number from 1; 0 for a pixel without a mask.</param>
/// <param name="Count">Masks.</param>
public sealed record MaskMap(int Width, int Height, ushort[] Ids, int Count) // Ids: (H, W)
{
    /// <summary>The mask of a pixel of another map of the same image, nearest by pixel centres.</summary>
    /// <param name="x">Column in the other map.</param>
    /// <param name="y">Row in the other map.</param>
    /// <param name="width">Columns of the other map.</param>
    /// <param name="height">Rows of the other map.</param>
    public int IdAt(int x, int y, int width, int height) =>
        Ids[(int)((2L * y + 1) * Height / (2L * height)) * Width + (int)((2L * x + 1) * Width / (2L * width))];
}
