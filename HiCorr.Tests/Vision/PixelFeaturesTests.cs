using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class PixelFeaturesTests
{
    /// <summary>Three cells side by side: (2, 0), (0, 5), (1, 0).</summary>
    private static readonly FeatureMap s_map = new(2, 1, 3, [(Half)2, (Half)0, (Half)1, (Half)0, (Half)5, (Half)0]);

    [Theory]
    [InlineData(1.5f, 1, 0)] // the centre of the first cell of an image 12 pixels wide
    [InlineData(5.5f, 0, 1)] // of the second one: unit, whatever its length was
    [InlineData(0f, 1, 0)] // before the first centre
    [InlineData(11.4f, 1, 0)] // behind the last
    [InlineData(3.5f, 0.70710678f, 0.70710678f)] // half way: cells count the same, and the mean is unit again
    [InlineData(2.5f, 0.9486833f, 0.31622777f)] // a quarter of the way: (3, 1) / sqrt 10
    public void Interpolates_unit_features_with_half_pixel_centres(float column, float first, float second)
    {
        float[] feature = Sample(new PixelFeatures(s_map, 3, 1, 12, 4), column);

        Assert.Equal(first, feature[0], 1e-6);
        Assert.Equal(second, feature[1], 1e-6);
    }

    [Fact]
    public void A_last_cell_that_the_image_covers_in_part_is_as_wide_as_the_others()
    {
        // 2.5 cells on 10 pixels: four pixels a cell, so the second centre lies at 5.5 again.
        float[] feature = Sample(new PixelFeatures(s_map, 2.5, 1, 10, 4), 5.5f);

        Assert.Equal([0f, 1f], feature);
    }

    [Fact]
    public void A_projection_comes_before_the_interpolation()
    {
        // Both axes onto (3, 1) and (0, 1): between the first two cells 1/2 (3, 0) + 1/2 (1, 1) = (2, 1/2).
        float[] feature = Sample(new PixelFeatures(s_map, 3, 1, 12, 4, [3, 1, 0, 1]), 3.5f);

        Assert.Equal(4, feature[0] / feature[1], 1e-5);
    }

    [Fact]
    public void Cells_without_direction_stay_zero() =>
        Assert.Equal([0f, 0f], Sample(new PixelFeatures(new FeatureMap(2, 1, 1, [(Half)0, (Half)0]), 1, 1, 4, 4), 2));

    private static float[] Sample(PixelFeatures features, float column)
    {
        float[] feature = new float[2];
        features.Sample(column, 1.5f, new float[4], feature);
        return feature;
    }
}
