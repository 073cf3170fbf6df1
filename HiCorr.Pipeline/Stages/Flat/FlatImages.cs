using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Masks;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Flat;

/// <summary>An image of the training scenes and where its label and mask maps are.</summary>
internal sealed record FlatImage(Frame Frame, StageResult Labels, StageResult? Masks);

/// <summary>Images with the labels that the 2D network is to learn, brought to its working size when they are asked for.</summary>
internal static class FlatImages
{
    /// <param name="image">Which.</param>
    /// <param name="maxSide">Pixels of the longer side.</param>
    /// <returns>The image, and a label per pixel, <see cref="ClassList.None"/> for none.</returns>
    public static (ColorImage Image, byte[] Labels) Read(FlatImage image, int maxSide)
    {
        ColorImage resized = Resize(image.Frame.Images.ReadColor(), maxSide);
        LabelMap map = ReadLabels(image);
        return (resized, NearestPixels.Resize(map.Labels, map.Width, map.Height, resized.Width, resized.Height));
    }

    /// <summary>How often each class occurs among the labelled pixels of all images.</summary>
    public static long[] CountLabels(IReadOnlyList<FlatImage> images, int classes)
    {
        long[] counts = new long[classes];
        Parallel.ForEach(images, image =>
        {
            long[] own = new long[ClassList.None + 1];
            foreach (byte label in ReadLabels(image).Labels) own[label]++;
            lock (counts)
                for (int c = 0; c < classes; c++) counts[c] += own[c];
        });
        return counts;
    }

    /// <summary>An image as the network sees it, in training and in prediction.</summary>
    public static ColorImage Resize(ColorImage image, int maxSide)
    {
        (int width, int height) = ImageResize.Within(image.Width, image.Height, maxSide);
        return ImageResize.ToImage(image, width, height);
    }

    /// <summary>Columns in reverse order.</summary>
    public static (ColorImage Image, byte[] Labels) Mirror(ColorImage image, byte[] labels)
    {
        byte[] pixels = new byte[image.Pixels.Length], mirrored = new byte[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            int from = i - i % image.Width + image.Width - 1 - i % image.Width;
            image.Pixels.AsSpan(3 * from, 3).CopyTo(pixels.AsSpan(3 * i));
            mirrored[i] = labels[from];
        }
        return (image with { Pixels = pixels }, mirrored);
    }

    /// <summary>Masks vote among all labelled pixels, before the map is made smaller.</summary>
    private static LabelMap ReadLabels(FlatImage image)
    {
        LabelMap map = LabelMapFile.Read(image.Labels.PathOf(image.Frame.Id + LabelMapFile.Extension));
        return image.Masks is { } masks ? LabelRefinement.Refine(map, MaskStage.Read(masks, image.Frame.Id)) : map;
    }
}
