using System.Globalization;

namespace HiCorr.Pipeline.Config;

/// <summary>Width and height in pixels, written 640x480; one number stands for both.</summary>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Beyond any network's input; a typing error is told at once instead of running out of memory.</summary>
    public const int MaxSide = 16_384;

    public static bool TryParse(string text, out ImageSize size)
    {
        string[] sides = text.Split('x');
        size = sides.Length switch
        {
            1 => new ImageSize(Side(sides[0]), Side(sides[0])),
            2 => new ImageSize(Side(sides[0]), Side(sides[1])),
            _ => default,
        };
        return size is { Width: > 0, Height: > 0 };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    private static int Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side <= MaxSide ? side : 0;
}
