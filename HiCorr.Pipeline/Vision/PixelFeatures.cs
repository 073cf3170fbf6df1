using System.Numerics.Tensors;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// The features of an image at any place of it, in between its cells: unit features of the cells, interpolated bilinearly with half-pixel centres as the
/// scores of pseudo-labels are, and brought back to unit length. A cell of zeros has no direction and stays zero.
/// </summary>
internal sealed class PixelFeatures
{
    private readonly float[] _cells; // (h, w, d)
    private readonly int _height, _width;
    private readonly double _stepX, _stepY; // cells per pixel of the image

    /// <param name="map">Features of the cells, the bars of padding cut off.</param>
    /// <param name="cellsAcross">How many cells the image is wide; its last one may be covered in part.</param>
    /// <param name="cellsDown">How many cells it is high.</param>
    /// <param name="imageWidth">Columns of the colour image.</param>
    /// <param name="imageHeight">Rows of the colour image.</param>
    /// <param name="projection">A fixed matrix (d, d), row by output, applied to the cells first; null for none.</param>
    public PixelFeatures(FeatureMap map, double cellsAcross, double cellsDown, int imageWidth, int imageHeight, float[]? projection = null)
    {
        (Dimension, _height, _width) = (map.Dimension, map.Height, map.Width);
        (_stepX, _stepY) = (cellsAcross / imageWidth, cellsDown / imageHeight);
        _cells = new float[map.Values.Length];
        int cells = _height * _width;
        float[] feature = new float[Dimension];
        for (int cell = 0; cell < cells; cell++)
        {
            Span<float> target = _cells.AsSpan(cell * Dimension, Dimension);
            for (int k = 0; k < Dimension; k++) feature[k] = (float)map.Values[k * cells + cell];
            Normalise(feature);
            if (projection is null) feature.CopyTo(target);
            else for (int k = 0; k < Dimension; k++) target[k] = TensorPrimitives.Dot(projection.AsSpan(k * Dimension, Dimension), feature);
        }
    }

    public int Dimension { get; }

    /// <summary>The unit feature at a place of the image, pixel centres at whole numbers.</summary>
    /// <param name="scratch">(2 d), overwritten.</param>
    /// <param name="feature">(d), overwritten.</param>
    public void Sample(float column, float row, Span<float> scratch, Span<float> feature)
    {
        (int left, int right, float x) = Between(column, _stepX, _width);
        (int above, int below, float y) = Between(row, _stepY, _height);
        Span<float> upper = scratch[..Dimension], lower = scratch.Slice(Dimension, Dimension);
        TensorPrimitives.Lerp(Cell(above, left), Cell(above, right), x, upper);
        TensorPrimitives.Lerp(Cell(below, left), Cell(below, right), x, lower);
        TensorPrimitives.Lerp(upper, lower, y, feature);
        Normalise(feature);
    }

    /// <summary>To unit length; a feature of zeros stays zero.</summary>
    public static void Normalise(Span<float> feature)
    {
        float length = TensorPrimitives.Norm<float>(feature);
        if (length > 0) TensorPrimitives.Divide(feature, length, feature);
    }

    private static (int First, int Second, float Weight) Between(float pixel, double step, int cells)
    {
        double position = Math.Clamp((pixel + 0.5) * step - 0.5, 0, cells - 1);
        int first = (int)position;
        return (first, Math.Min(first + 1, cells - 1), (float)(position - first));
    }

    private ReadOnlySpan<float> Cell(int row, int column) => _cells.AsSpan((row * _width + column) * Dimension, Dimension);
}
