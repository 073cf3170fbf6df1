namespace HiCorr.Pipeline.Labels;

/// <summary>Which mask each pixel of one frame lies in.</summary>
/// <param name="Width">Columns of the map, which may be smaller than the image's.</param>
/// <param name="Height">Rows of the map.</param>
/// <param name="Ids">Mask number from 1; 0 for a pixel without a mask.</param>
/// <param name="Count">Masks.</param>
public sealed record MaskMap(int Width, int Height, ushort[] Ids, int Count) // Ids: (H, W)
{
    /// <summary>The masks of the same image in another size.</summary>
    public MaskMap Resize(int width, int height) => new(width, height, NearestPixels.Resize(Ids, Width, Height, width, height), Count);
}
