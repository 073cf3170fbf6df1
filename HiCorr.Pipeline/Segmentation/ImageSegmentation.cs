using System.Runtime.Intrinsics;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Over-segments a colour image as Felzenszwalb and Huttenlocher do (IJCV 2004, their published program): a gaussian smooths each channel, every
/// pixel has an edge to each of its 8 neighbours with the Euclidean distance of the colours (0 to 255 a channel), and <see cref="GraphSegmentation"/>
/// joins the pixels. Equal weights keep the order of the pixels, so the same image gives the same segments.
/// </summary>
public static class ImageSegmentation
{
    /// <summary>The gaussian is cut at this many sigmas, as in the program.</summary>
    private const double MaskWidth = 4;

    /// <param name="image">Colours.</param>
    /// <param name="sigma">Of the gaussian, pixels; 0 smooths nothing.</param>
    /// <param name="options">k in units of colour distance (the program's examples: 300 to 500) and the smallest segment in pixels.</param>
    /// <returns>Segment per pixel, (H, W).</returns>
    public static Segments Segment(ColorImage image, double sigma, SegmentationOptions options)
    {
        var edges = new EdgeList(GridEdges(image.Width, image.Height));
        ulong[] sorted = edges.SortByWeight(new ColorWeight(Smooth(image, sigma)));
        return Segments.FromIds(GraphSegmentation.Segment(image.Width * image.Height, edges, sorted, options));
    }

    /// <summary>The four edges to the right and below of every pixel, so that each pair of neighbours has one.</summary>
    private static int[] GridEdges(int width, int height)
    {
        int[] ends = new int[2 * ((width - 1) * height + width * (height - 1) + 2 * (width - 1) * (height - 1))];
        int next = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                if (x < width - 1) Add(x, y, x + 1, y);
                if (y < height - 1) Add(x, y, x, y + 1);
                if (x < width - 1 && y < height - 1) Add(x, y, x + 1, y + 1);
                if (x < width - 1 && y > 0) Add(x, y, x + 1, y - 1);
            }
        }
        return ends;

        void Add(int fromX, int fromY, int toX, int toY)
        {
            ends[next++] = fromY * width + fromX;
            ends[next++] = toY * width + toX;
        }
    }

    private static Vector128<float>[] Smooth(ColorImage image, double sigma)
    {
        var pixels = new Vector128<float>[image.Width * image.Height];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = Vector128.Create(image.Pixels[3 * i], image.Pixels[3 * i + 1], image.Pixels[3 * i + 2], 0f);
        if (sigma == 0) return pixels;
        float[] mask = Gaussian(sigma);
        return ConvolveTransposed(ConvolveTransposed(pixels, image.Width, image.Height, mask), image.Height, image.Width, mask);
    }

    /// <summary>The gaussian's right half with its centre; mirrored, it sums to 1.</summary>
    private static float[] Gaussian(double sigma)
    {
        double[] values = [.. Enumerable.Range(0, (int)Math.Ceiling(sigma * MaskWidth) + 1).Select(i => Math.Exp(-0.5 * (i / sigma) * (i / sigma)))];
        double sum = 2 * values.Skip(1).Sum() + values[0];
        return [.. values.Select(value => (float)(value / sum))];
    }

    /// <summary>Convolves the rows, the border repeated beyond the image, and gives the result with columns as rows.</summary>
    private static Vector128<float>[] ConvolveTransposed(Vector128<float>[] pixels, int width, int height, float[] mask)
    {
        var result = new Vector128<float>[pixels.Length];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<Vector128<float>> row = pixels.AsSpan(y * width, width);
            for (int x = 0; x < width; x++)
            {
                Vector128<float> sum = row[x] * mask[0];
                for (int i = 1; i < mask.Length; i++) sum += (row[Math.Max(x - i, 0)] + row[Math.Min(x + i, width - 1)]) * mask[i];
                result[x * height + y] = sum;
            }
        }
        return result;
    }
}
