namespace HiCorr.Pipeline.Vision;

/// <summary>An image on the canvases of all scales, with what is needed to go back to the image.</summary>
internal sealed record PreparedImage(IReadOnlyList<ImageCanvas> Canvases, IReadOnlyList<float[]> Values, int ImageWidth, int ImageHeight); // Values: (3, H, W) each

/// <summary>One input of the network.</summary>
/// <param name="Canvas">Number of the canvas that it shows a part of.</param>
/// <param name="Mirrored">Whether the image is mirrored.</param>
/// <param name="Window">The part.</param>
/// <param name="Windows">How many windows cover that canvas.</param>
internal sealed record Look(int Canvas, bool Mirrored, CanvasWindow Window, int Windows);

/// <summary>The inputs of the network that one image asks for: every scale, as it is and mirrored, in windows.</summary>
internal sealed class ImageLooks
{
    private readonly PreparedImage _image;
    private readonly float[]?[] _mirrored; // per canvas, made when it is needed

    public ImageLooks(PreparedImage image, InferenceOptions options, int stride)
    {
        (_image, _mirrored) = (image, new float[image.Canvases.Count][]);
        var looks = new List<Look>();
        for (int c = 0; c < image.Canvases.Count; c++)
        {
            ImageCanvas canvas = image.Canvases[c];
            IReadOnlyList<CanvasWindow> windows = options.Window is { } window ? SlidingWindow.Over(canvas, window, options.Overlap, stride) : [CanvasWindow.Whole(canvas)];
            looks.AddRange(windows.Select(part => new Look(c, false, part, windows.Count)));
            if (options.Flip) looks.AddRange(windows.Select(part => new Look(c, true, part, windows.Count)));
        }
        All = looks;
    }

    /// <summary>By scale, then the mirror image behind the image, then row by row.</summary>
    public IReadOnlyList<Look> All { get; }

    /// <summary>A look's pixels (3, h, w) where it shows a canvas as a whole, else null.</summary>
    public float[]? Whole(Look look) => look.Windows == 1 ? Canvas(look) : null;

    /// <summary>Writes a look's pixels, (3, h, w).</summary>
    public void Fill(Look look, Span<float> input) => look.Window.Cut(Canvas(look), _image.Canvases[look.Canvas], input);

    private float[] Canvas(Look look) => look.Mirrored ? Mirrored(look.Canvas) : _image.Values[look.Canvas];

    /// <summary>A canvas with the image mirrored in its place: the bars stay where they are.</summary>
    private float[] Mirrored(int number)
    {
        if (_mirrored[number] is { } made) return made;
        ImageCanvas canvas = _image.Canvases[number];
        float[] values = [.. _image.Values[number]];
        for (int row = 0; row < 3 * canvas.Height; row++) values.AsSpan(row * canvas.Width + canvas.Place.Left, canvas.Place.Width).Reverse();
        return _mirrored[number] = values;
    }
}
