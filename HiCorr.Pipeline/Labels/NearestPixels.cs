namespace HiCorr.Pipeline.Labels;

/// <summary>Resizes maps whose values cannot be averaged: each pixel takes the value at its centre.</summary>
internal static class NearestPixels
{
    /// <param name="values">(height, width)</param>
    /// <returns>(toHeight, toWidth)</returns>
    public static T[] Resize<T>(T[] values, int width, int height, int toWidth, int toHeight)
    {
        if (width == toWidth && height == toHeight) return values;
        T[] resized = new T[toWidth * toHeight];
        for (int y = 0; y < toHeight; y++)
        {
            int row = Centre(y, toHeight, height) * width;
            for (int x = 0; x < toWidth; x++) resized[y * toWidth + x] = values[row + Centre(x, toWidth, width)];
        }
        return resized;
    }

    private static int Centre(int index, int length, int of) => (int)((2L * index + 1) * of / (2L * length));
}
