using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision.SegmentAnything;

/// <summary>
/// Masks of Segment Anything without prompts, as its automatic mask generator makes them on the whole image: a grid of foreground points, the three masks
/// of each, kept by predicted IoU and stability, without doubles. Smaller masks lie on top; a pixel in none stays without a mask.
/// </summary>
internal sealed class SegmentAnythingMasks(MasksConfiguration options) : IMaskSource
{
    /// <summary>SAM's own normalisation of red, green and blue.</summary>
    private static readonly float[] s_mean = [123.675f, 116.28f, 103.53f], s_std = [58.395f, 57.12f, 57.375f];

    private readonly SegmentAnythingPack _pack = new(options.Model);

    public MaskMap Segment(ColorImage image)
    {
        (int width, int height) = ImageResize.Within(image.Width, image.Height, options.MaxSide);
        (float[] input, int scaledWidth, int scaledHeight) = Scale(image, _pack.Side);
        float[] embeddings = _pack.Embed(input);
        var proposals = new List<MaskProposal>();
        int side = options.PointsPerSide;
        for (int point = 0; point < side * side; point++)
        {
            float x = (point % side + 0.5f) / side * scaledWidth, y = (point / side + 0.5f) / side * scaledHeight;
            (float[] logits, float[] iou) = _pack.Decode(embeddings, x, y, width, height);
            // With several masks the first is the one for many prompts; a single point is ambiguous and has the others.
            for (int mask = iou.Length > 1 ? 1 : 0; mask < iou.Length; mask++)
            {
                ReadOnlySpan<float> of = logits.AsSpan(mask * width * height, width * height);
                if (!(iou[mask] > options.PredictedIou) || MaskProposal.Stability(of) < options.Stability) continue;
                if (MaskProposal.FromLogits(of, width, iou[mask]) is { } proposal) proposals.Add(proposal);
            }
        }
        return MaskProposal.Paint(MaskProposal.Suppress(proposals, options.BoxIou), width, height);
    }

    public void Dispose() => _pack.Dispose();

    /// <summary>The image with its longer side as long as the encoder's, normalised, at the top left of a square of zeros.</summary>
    /// <returns>(3, side, side), and the size of the image inside.</returns>
    internal static (float[] Input, int Width, int Height) Scale(ColorImage image, int side)
    {
        double scale = (double)side / Math.Max(image.Width, image.Height);
        int width = Math.Max(1, (int)(image.Width * scale + 0.5)), height = Math.Max(1, (int)(image.Height * scale + 0.5));
        float[] resized = ImageResize.ToFloats(image, width, height), input = new float[3 * side * side];
        for (int channel = 0; channel < 3; channel++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    input[(channel * side + y) * side + x] = (resized[(y * width + x) * 3 + channel] - s_mean[channel]) / s_std[channel];
        return (input, width, height);
    }
}
