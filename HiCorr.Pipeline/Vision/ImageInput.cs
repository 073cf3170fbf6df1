using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision;

/// <summary>Where an image lies inside a network's input, in input pixels.</summary>
internal readonly record struct ImagePlacement(int Left, int Top, int Width, int Height);

/// <summary>
/// Brings colour images to a network's input: bilinear resize (<see cref="ImageResize"/>), then (value - mean) / std per channel. With <see cref="ImageFit.Pad"/> the bars hold the mean colour.
/// </summary>
internal sealed class ImageInput(ModelManifest manifest, ImageFit fit)
{
    /// <summary>Elements of the network's input.</summary>
    public int Length => 3 * manifest.Height * manifest.Width;

    /// <summary>Where an image of this size goes: scaled to fit, centred on whole cells of the feature map.</summary>
    public ImagePlacement Place(int width, int height)
    {
        if (fit == ImageFit.Stretch) return new ImagePlacement(0, 0, manifest.Width, manifest.Height);
        double scale = Math.Min((double)manifest.Width / width, (double)manifest.Height / height);
        int placedWidth = Math.Clamp((int)Math.Round(width * scale), 1, manifest.Width);
        int placedHeight = Math.Clamp((int)Math.Round(height * scale), 1, manifest.Height);
        // Whole cells keep the bars out of the image's own cells at the left and the top.
        int left = (manifest.Width - placedWidth) / 2 / manifest.Stride * manifest.Stride;
        int top = (manifest.Height - placedHeight) / 2 / manifest.Stride * manifest.Stride;
        return new ImagePlacement(left, top, placedWidth, placedHeight);
    }

    /// <summary>Fills <paramref name="input"/>, [3, H, W].</summary>
    public ImagePlacement Fill(ColorImage image, Span<float> input)
    {
        ImagePlacement place = Place(image.Width, image.Height);
        float[] resized = ImageResize.ToFloats(image, place.Width, place.Height);
        input.Clear();

        int plane = manifest.Width * manifest.Height;
        int rowLength = place.Width * 3;
        float range = (manifest.White - manifest.Black) / 255f;
        for (int y = 0; y < place.Height; y++)
        {
            ReadOnlySpan<float> row = resized.AsSpan(y * rowLength, rowLength);
            for (int channel = 0; channel < 3; channel++)
            {
                int color = manifest.BlueFirst ? 2 - channel : channel;
                float factor = range / manifest.Std[channel], offset = (manifest.Black - manifest.Mean[channel]) / manifest.Std[channel];
                Span<float> target = input.Slice(channel * plane + (place.Top + y) * manifest.Width + place.Left, place.Width);
                for (int x = 0; x < target.Length; x++) target[x] = row[3 * x + color] * factor + offset;
            }
        }
        return place;
    }
}
