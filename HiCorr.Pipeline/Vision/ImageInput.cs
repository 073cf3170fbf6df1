using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision;

/// <summary>Where an image lies inside a network's input, in input pixels.</summary>
internal readonly record struct ImagePlacement(int Left, int Top, int Width, int Height);

/// <summary>What a network, or a window that slides, sees: a canvas in pixels with the image on a part of it and the mean colour on the rest.</summary>
internal readonly record struct ImageCanvas(int Width, int Height, ImagePlacement Place)
{
    /// <summary>Elements of its three channels.</summary>
    public int Length => 3 * Width * Height;
}

/// <summary>
/// Brings colour images to a network's input: bilinear resize (<see cref="ImageResize"/>), then (value - mean) / std per channel. With
/// <see cref="ImageFit.Pad"/> the aspect ratio is kept. Bars of the mean colour fill an input of fixed size on both sides of the image; an input whose size
/// follows the image has them at the right and the bottom, up to whole cells only (MaskCLIP's corner padding).
/// </summary>
internal sealed class ImageInput(ModelManifest manifest, InferenceOptions options)
{
    private readonly ImageFit _fit = options.Fit ?? manifest.Fit;

    /// <summary>Where an image of this size goes.</summary>
    /// <param name="scale">Of <see cref="InferenceOptions.Scales"/>.</param>
    public ImageCanvas Lay(int width, int height, double scale = 1) =>
        options.HasFixedInput(manifest) ? LayInside(width, height) : LayInCorner(width, height, scale);

    /// <summary>The canvas whose cells the results have: that of the largest scale.</summary>
    public ImageCanvas LayLargest(int width, int height) => Lay(width, height, options.Scales.Max());

    /// <summary>The canvas with the image on it, (3, H, W).</summary>
    public float[] Fill(ColorImage image, ImageCanvas canvas)
    {
        ImagePlacement place = canvas.Place;
        float[] input = new float[canvas.Length], resized = ImageResize.ToFloats(image, place.Width, place.Height);
        int plane = canvas.Width * canvas.Height;
        int rowLength = place.Width * 3;
        float range = (manifest.White - manifest.Black) / 255f;
        for (int y = 0; y < place.Height; y++)
        {
            ReadOnlySpan<float> row = resized.AsSpan(y * rowLength, rowLength);
            for (int channel = 0; channel < 3; channel++)
            {
                int color = manifest.BlueFirst ? 2 - channel : channel;
                float factor = range / manifest.Std[channel], offset = (manifest.Black - manifest.Mean[channel]) / manifest.Std[channel];
                Span<float> target = input.AsSpan(channel * plane + (place.Top + y) * canvas.Width + place.Left, place.Width);
                for (int x = 0; x < target.Length; x++) target[x] = row[3 * x + color] * factor + offset;
            }
        }
        return input;
    }

    /// <summary>Scaled to fit, centred on whole cells of the feature map.</summary>
    private ImageCanvas LayInside(int width, int height)
    {
        if (_fit == ImageFit.Stretch) return new ImageCanvas(manifest.Width, manifest.Height, new ImagePlacement(0, 0, manifest.Width, manifest.Height));
        (int placedWidth, int placedHeight) = Scaled(width, height, manifest.Width, manifest.Height);
        // Whole cells keep the bars out of the image's own cells at the left and the top.
        int left = (manifest.Width - placedWidth) / 2 / manifest.Stride * manifest.Stride;
        int top = (manifest.Height - placedHeight) / 2 / manifest.Stride * manifest.Stride;
        return new ImageCanvas(manifest.Width, manifest.Height, new ImagePlacement(left, top, placedWidth, placedHeight));
    }

    private ImageCanvas LayInCorner(int width, int height, double scale)
    {
        double boxWidth = (options.AtOwnSize ? width : options.Size?.Width ?? manifest.Width) * scale, boxHeight = (options.AtOwnSize ? height : options.Size?.Height ?? manifest.Height) * scale;
        (int placedWidth, int placedHeight) = _fit == ImageFit.Stretch
            ? (Math.Max(1, (int)Math.Round(boxWidth)), Math.Max(1, (int)Math.Round(boxHeight)))
            : Scaled(width, height, boxWidth, boxHeight);
        int canvasWidth = WholeCells(placedWidth), canvasHeight = WholeCells(placedHeight);
        if (!manifest.Resizable) (canvasWidth, canvasHeight) = (Math.Max(canvasWidth, manifest.Width), Math.Max(canvasHeight, manifest.Height)); // at least a window
        return new ImageCanvas(canvasWidth, canvasHeight, new ImagePlacement(0, 0, placedWidth, placedHeight));
    }

    private static (int Width, int Height) Scaled(int width, int height, double boxWidth, double boxHeight)
    {
        double scale = Math.Min(boxWidth / width, boxHeight / height);
        return (Math.Clamp((int)Math.Round(width * scale), 1, Math.Max(1, (int)Math.Round(boxWidth))), Math.Clamp((int)Math.Round(height * scale), 1, Math.Max(1, (int)Math.Round(boxHeight))));
    }

    private int WholeCells(int pixels) => (pixels + manifest.Stride - 1) / manifest.Stride * manifest.Stride;
}
