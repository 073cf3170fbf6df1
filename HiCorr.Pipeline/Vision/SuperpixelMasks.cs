using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Pipeline.Vision;

/// <summary>Masks without a model: the segments of <see cref="ImageSegmentation"/>, every pixel in one of them.</summary>
internal sealed class SuperpixelMasks(MasksConfiguration options) : IMaskSource
{
    /// <exception cref="ConfigurationException">More masks than a mask map can number.</exception>
    public MaskMap Segment(ColorImage image)
    {
        (int width, int height) = ImageResize.Within(image.Width, image.Height, options.MaxSide);
        Segments segments = ImageSegmentation.Segment(ImageResize.ToImage(image, width, height), options.Smoothing,
            new SegmentationOptions((float)options.Threshold, options.MinPixels));
        if (segments.Count > MaskMapFile.MostMasks)
            throw new ConfigurationException("masks.min_pixels", $"{options.MinPixels} gives {segments.Count} masks in an image, more than {MaskMapFile.MostMasks}", "Set it or masks.threshold larger, or masks.max_side smaller");
        return new MaskMap(width, height, Array.ConvertAll(segments.Ids, id => (ushort)(id + 1)), segments.Count);
    }

    public void Dispose()
    {
    }
}
