namespace HiCorr.Pipeline.Vision;

/// <summary>
/// Brings what the looks at one image gave, features or keys, to one map: windows are put together on their canvas, the canvases are sampled at the cells of
/// the largest one, mirrored back, and averaged.
/// </summary>
/// <param name="image">Whose looks they are.</param>
/// <param name="largest">Canvas whose cells the mean has; those of bars are left out.</param>
/// <param name="stride">Pixels of a cell.</param>
/// <param name="unit">Whether vectors count with unit length.</param>
internal sealed class LookMean(PreparedImage image, ImageCanvas largest, int stride, bool unit)
{
    private readonly int _rows = WholeCells(largest.Place.Height, stride), _columns = WholeCells(largest.Place.Width, stride);
    private CellMean? _mean;
    private CellMean? _canvas; // windows of the canvas that is being put together
    private int _windows;

    /// <summary>To be called in the order of <see cref="ImageLooks.All"/>.</summary>
    public void Add(Look look, CellSpan values)
    {
        ImageCanvas canvas = image.Canvases[look.Canvas];
        CellMap map = values.ToMap();
        if (look.Windows > 1)
        {
            _canvas ??= new CellMean(map.Channels, canvas.Height / stride, canvas.Width / stride, unit);
            _canvas.AddPart(map, look.Window.Top / stride, look.Window.Left / stride);
            if (++_windows < look.Windows) return;
            map = _canvas.Take();
            (_canvas, _windows) = (null, 0);
        }
        _mean ??= new CellMean(map.Channels, _rows, _columns, unit);
        ImagePlacement place = canvas.Place;
        (int top, int rows) = CellSpan.CoveredCells(place.Top, place.Height, map.Height, stride);
        (int left, int columns) = CellSpan.CoveredCells(place.Left, place.Width, map.Width, stride);
        double stepX = (double)place.Width / largest.Place.Width, stepY = (double)place.Height / largest.Place.Height;
        _mean.AddSampled(map, BilinearAxis.Build(_rows, stepY, top, rows),
            look.Mirrored ? BilinearAxis.BuildMirrored(_columns, stepX, (double)place.Width / stride, left, columns) : BilinearAxis.Build(_columns, stepX, left, columns));
    }

    public CellMap Take() => _mean!.Take();

    private static int WholeCells(int pixels, int stride) => (pixels + stride - 1) / stride;
}
