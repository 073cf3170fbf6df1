using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Tests.Segmentation;

public sealed class ImageSegmentationTests
{
    [Theory]
    [InlineData(13, 9, 0.0, 20, 1)]
    [InlineData(9, 13, 0.8, 60, 4)]
    [InlineData(16, 16, 0.8, 300, 6)]
    [InlineData(1, 12, 0.5, 40, 2)]
    [InlineData(12, 1, 0.5, 40, 2)]
    [InlineData(1, 1, 0.8, 40, 2)]
    public void Gives_the_partition_that_the_rules_written_out_give(int width, int height, double sigma, float threshold, int minPixels)
    {
        ColorImage image = Patches(width, height, seed: width * 31 + minPixels);

        Segments segments = ImageSegmentation.Segment(image, sigma, new SegmentationOptions(threshold, minPixels));

        Assert.Equal(Segments.FromIds(PlainImageSegmentation.Segment(image, sigma, threshold, minPixels)).Ids, segments.Ids);
        if (width * height >= 100) Assert.InRange(segments.Count, 2, width * height / 2);
    }

    [Fact]
    public void Parts_two_colours_along_their_border()
    {
        byte[] pixels = new byte[3 * 20 * 10];
        for (int i = 0; i < 200; i++) pixels[3 * i] = (byte)(i % 20 < 8 ? 200 : 20);

        Segments segments = ImageSegmentation.Segment(new ColorImage(20, 10, pixels), 0, new SegmentationOptions(100, 5));

        Assert.Equal(2, segments.Count);
        for (int i = 0; i < 200; i++) Assert.Equal(i % 20 < 8 ? 0 : 1, segments.Ids[i]);
    }

    [Fact]
    public void Leaves_no_segment_below_the_minimum()
    {
        Segments segments = ImageSegmentation.Segment(Patches(32, 24, seed: 5), 0.8, new SegmentationOptions(30, 12));
        Assert.All(segments.Ids.GroupBy(id => id), segment => Assert.True(segment.Count() >= 12));
    }

    /// <summary>Patches of a few colours with noise, so that there is something to join and something to part.</summary>
    private static ColorImage Patches(int width, int height, int seed)
    {
        var random = new Random(seed);
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i / 3 % width, y = i / 3 / width, patch = (x / 5 + 3 * (y / 4)) % 4;
            pixels[i] = (byte)(40 + 50 * ((patch + i % 3) % 4) + random.Next(25));
        }
        return new ColorImage(width, height, pixels);
    }
}
