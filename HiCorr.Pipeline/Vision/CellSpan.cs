using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>A map in memory that belongs to another, and the rows and columns of it that see the image: the bars of padding are left out before anything is interpolated.</summary>
internal readonly ref struct CellSpan(ReadOnlySpan<float> values, int channels, int height, int width, int top, int left, int rows, int columns)
{
    public ReadOnlySpan<float> Values { get; } = values; // (Channels, Height, Width)

    public int Channels => channels;

    public int Height => height;

    public int Width => width;

    public int Rows => rows;

    public int Columns => columns;

    /// <param name="output">[b, channels, h, w].</param>
    /// <param name="index">Which of the b.</param>
    public static CellSpan Of(OrtValue output, int index)
    {
        long[] shape = output.GetTensorTypeAndShape().Shape;
        (int channels, int height, int width) = ((int)shape[1], (int)shape[2], (int)shape[3]);
        int length = channels * height * width;
        return new CellSpan(output.GetTensorDataAsSpan<float>().Slice(index * length, length), channels, height, width, 0, 0, height, width);
    }

    /// <summary>The same map with the cells that see any of an image.</summary>
    public CellSpan Covered(ImagePlacement place, int stride)
    {
        (int first, int count) = CoveredCells(place.Top, place.Height, height, stride);
        (int firstColumn, int countColumns) = CoveredCells(place.Left, place.Width, width, stride);
        return new CellSpan(Values, channels, height, width, first, firstColumn, count, countColumns);
    }

    public static (int First, int Count) CoveredCells(int start, int length, int cells, int stride)
    {
        int first = Math.Min(start / stride, cells - 1);
        return (first, Math.Clamp((length + stride - 1) / stride, 1, cells - first));
    }

    /// <summary>The covered part of scores [height, width, perCell]; the scores themselves where that is all.</summary>
    public float[] CropCells(float[] scores, int perCell)
    {
        if (rows == height && columns == width) return scores;
        float[] cropped = new float[rows * columns * perCell];
        for (int y = 0; y < rows; y++) scores.AsSpan(((top + y) * width + left) * perCell, columns * perCell).CopyTo(cropped.AsSpan(y * columns * perCell));
        return cropped;
    }

    /// <summary>A copy of the covered part.</summary>
    public CellMap ToMap()
    {
        float[] copy = new float[channels * rows * columns];
        for (int channel = 0, next = 0; channel < channels; channel++)
            for (int y = top; y < top + rows; y++, next += columns) Row(channel, y).CopyTo(copy.AsSpan(next));
        return new CellMap(channels, rows, columns, copy);
    }

    /// <summary>The same in half precision.</summary>
    public FeatureMap ToFeatures()
    {
        var copy = new Half[channels * rows * columns];
        for (int channel = 0, next = 0; channel < channels; channel++)
            for (int y = top; y < top + rows; y++)
                foreach (float value in Row(channel, y)) copy[next++] = (Half)value;
        return new FeatureMap(channels, rows, columns, copy);
    }

    private ReadOnlySpan<float> Row(int channel, int y) => Values.Slice((channel * height + y) * width + left, columns);
}
