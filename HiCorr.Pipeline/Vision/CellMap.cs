using System.Numerics.Tensors;

namespace HiCorr.Pipeline.Vision;

/// <summary>Vectors of a map's cells, channel by channel: features or keys.</summary>
internal sealed record CellMap(int Channels, int Height, int Width, float[] Values) // (channels, h, w)
{
    public int Cells => Height * Width;

    /// <summary>Every cell's vector to unit length, in place; one of zeros has no direction and stays.</summary>
    public CellMap Normalise()
    {
        float[] lengths = new float[Cells];
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> plane = Plane(channel);
            TensorPrimitives.MultiplyAdd(plane, plane, lengths, lengths);
        }
        for (int i = 0; i < lengths.Length; i++) lengths[i] = lengths[i] > 0 ? 1 / MathF.Sqrt(lengths[i]) : 0;
        for (int channel = 0; channel < Channels; channel++) TensorPrimitives.Multiply(Plane(channel), lengths, Plane(channel));
        return this;
    }

    public CellSpan AsSpan() => new(Values, Channels, Height, Width, 0, 0, Height, Width);

    public Span<float> Plane(int channel) => Values.AsSpan(channel * Cells, Cells);
}

/// <summary>
/// The mean over maps of the same image: windows that overlap, the mirror image, other scales. Vectors count with unit length where the similarity is
/// cosine, so that no look counts more than another; as scores are linear in them, their mean gives the mean of the scores.
/// </summary>
/// <param name="channels">Of every map.</param>
/// <param name="height">Rows of the mean.</param>
/// <param name="width">Columns of the mean.</param>
/// <param name="unit">Whether vectors are brought to unit length first.</param>
internal sealed class CellMean(int channels, int height, int width, bool unit)
{
    private readonly float[] _sums = new float[channels * height * width];
    private readonly float[] _counts = new float[height * width]; // maps that cover a cell

    /// <summary>Adds a map that covers a part of the cells; its values may be changed.</summary>
    public void AddPart(CellMap map, int top, int left)
    {
        if (unit) map.Normalise();
        for (int channel = 0; channel < channels; channel++)
            for (int y = 0; y < map.Height; y++)
            {
                Span<float> row = _sums.AsSpan((channel * height + top + y) * width + left, map.Width);
                TensorPrimitives.Add(row, map.Plane(channel).Slice(y * map.Width, map.Width), row);
            }
        for (int y = 0; y < map.Height; y++)
            foreach (ref float count in _counts.AsSpan((top + y) * width + left, map.Width)) count++;
    }

    /// <summary>Adds a map that covers all cells, sampled bilinearly; its values may be changed.</summary>
    /// <param name="rows">From the map's rows to those of the mean.</param>
    /// <param name="columns">From the map's columns.</param>
    public void AddSampled(CellMap map, BilinearAxis rows, BilinearAxis columns)
    {
        if (unit) map.Normalise();
        Parallel.For(0, channels, channel =>
        {
            ReadOnlySpan<float> plane = map.Plane(channel);
            float[] row = new float[map.Width];
            for (int y = 0; y < height; y++)
            {
                TensorPrimitives.Lerp(plane.Slice(rows.Lower[y] * map.Width, map.Width), plane.Slice(rows.Upper[y] * map.Width, map.Width), rows.Weight[y], row);
                Span<float> target = _sums.AsSpan((channel * height + y) * width, width);
                for (int x = 0; x < target.Length; x++)
                    target[x] += row[columns.Lower[x]] + (row[columns.Upper[x]] - row[columns.Lower[x]]) * columns.Weight[x];
            }
        });
        foreach (ref float count in _counts.AsSpan()) count++;
    }

    /// <summary>The mean, which takes the sums over.</summary>
    public CellMap Take()
    {
        for (int i = 0; i < _counts.Length; i++) _counts[i] = 1 / _counts[i];
        var mean = new CellMap(channels, height, width, _sums);
        for (int channel = 0; channel < channels; channel++) TensorPrimitives.Multiply(mean.Plane(channel), _counts, mean.Plane(channel));
        return mean;
    }
}
