using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Segmentation;

/// <summary>Felzenszwalb and Huttenlocher's image segmentation written out without any speed-up: sets of pixels that are merged by relabelling all of them.</summary>
internal static class PlainImageSegmentation
{
    public static int[] Segment(ColorImage image, double sigma, float k, int minPixels)
    {
        int width = image.Width, height = image.Height, count = width * height;
        float[][] channels = [.. Enumerable.Range(0, 3).Select(c => Smooth([.. Enumerable.Range(0, count).Select(i => (float)image.Pixels[3 * i + c])], width, height, sigma))];
        var edges = new List<(int A, int B, float Weight)>();
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                foreach ((int dx, int dy) in new[] { (1, 0), (0, 1), (1, 1), (1, -1) })
                    if (x + dx < width && y + dy >= 0 && y + dy < height) Add(y * width + x, (y + dy) * width + x + dx);

        int[] segment = [.. Enumerable.Range(0, count)];
        float[] threshold = [.. Enumerable.Repeat(k, count)];
        (int A, int B, float Weight)[] sorted = [.. edges.OrderBy(edge => edge.Weight)];
        foreach ((int a, int b, float weight) in sorted)
        {
            (int p, int q) = (segment[a], segment[b]);
            if (p == q || weight > threshold[p] || weight > threshold[q]) continue;
            Merge(p, q);
            threshold[p] = weight + k / segment.Count(s => s == p);
        }
        foreach ((int a, int b, _) in sorted)
        {
            (int p, int q) = (segment[a], segment[b]);
            if (p != q && (segment.Count(s => s == p) < minPixels || segment.Count(s => s == q) < minPixels)) Merge(p, q);
        }
        return segment;

        void Add(int a, int b)
        {
            float squares = 0;
            foreach (float[] channel in channels) squares += (channel[b] - channel[a]) * (channel[b] - channel[a]);
            edges.Add((a, b, MathF.Sqrt(squares)));
        }

        void Merge(int into, int other)
        {
            for (int i = 0; i < count; i++)
                if (segment[i] == other) segment[i] = into;
        }
    }

    private static float[] Smooth(float[] values, int width, int height, double sigma)
    {
        if (sigma == 0) return values;
        int reach = (int)Math.Ceiling(4 * sigma);
        double[] mask = [.. Enumerable.Range(-reach, 2 * reach + 1).Select(i => Math.Exp(-0.5 * i * i / (sigma * sigma)))];
        double sum = mask.Sum();
        float[] Along(float[] from, int dx, int dy)
        {
            float[] to = new float[from.Length];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    // The order of the sums is the program's: single precision decides between nearly equal weights.
                    float At(int i) => from[Math.Clamp(y + i * dy, 0, height - 1) * width + Math.Clamp(x + i * dx, 0, width - 1)];
                    float value = At(0) * (float)(mask[reach] / sum);
                    for (int i = 1; i <= reach; i++) value += (At(-i) + At(i)) * (float)(mask[reach + i] / sum);
                    to[y * width + x] = value;
                }
            }
            return to;
        }
        return Along(Along(values, 1, 0), 0, 1);
    }
}
