using System.Runtime.InteropServices;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using SkiaSharp;

namespace HiCorr.Pipeline.Formats.Images;

/// <summary>Writes colour images as JPEG, complete or not at all. PNG is written by <see cref="Png.PngWriter"/>.</summary>
public static class ImageWriter
{
    public static void WriteJpeg(string path, ColorImage image, int quality = 90) =>
        AtomicFile.Write(path, stream => stream.Write(EncodeJpeg(image, quality)), sync: false);

    /// <param name="image">The pixels.</param>
    /// <param name="quality">1 (smallest) to 100 (best).</param>
    public static byte[] EncodeJpeg(ColorImage image, int quality = 90)
    {
        var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        byte[] rgba = AddAlpha(image.Pixels);
        GCHandle handle = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            using var pixmap = new SKPixmap(info, handle.AddrOfPinnedObject());
            using SKData data = pixmap.Encode(new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore))
                ?? throw new InvalidOperationException($"The JPEG encoder refused an image of {image.Width} x {image.Height} pixels.");
            return data.ToArray();
        }
        finally
        {
            handle.Free();
        }
    }

    private static byte[] AddAlpha(byte[] rgb)
    {
        byte[] rgba = GC.AllocateUninitializedArray<byte>(rgb.Length / 3 * 4);
        Span<uint> pixels = MemoryMarshal.Cast<byte, uint>(rgba.AsSpan());
        for (int i = 0, o = 0; i < pixels.Length; i++, o += 3) pixels[i] = 0xFF000000u | (uint)rgb[o + 2] << 16 | (uint)rgb[o + 1] << 8 | rgb[o];
        return rgba;
    }
}
