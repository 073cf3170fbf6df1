using System.Globalization;
using System.Runtime.InteropServices;
using HiCorr.Pipeline.Scenes;
using SkiaSharp;

namespace HiCorr.Pipeline.Formats.Images;

/// <summary>Reads JPEG and PNG colour images as stored: no colour management, no turning by EXIF, transparency dropped.</summary>
/// <exception cref="InputException">The file is missing, no image, incomplete or damaged.</exception>
public static class ImageReader
{
    /// <summary>More pixels than any camera has; larger headers are lies.</summary>
    private const long MaximumPixels = 1 << 28;

    public static ColorImage Read(string path) => Read(InputFile.ReadBytes(path), path);

    /// <param name="encoded">A whole JPEG or PNG file.</param>
    /// <param name="name">What error messages call it.</param>
    public static ColorImage Read(ReadOnlySpan<byte> encoded, string name)
    {
        using SKData data = SKData.CreateCopy(encoded);
        using SKCodec codec = Open(data, encoded, name);
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg) new JpegIntegrity(encoded, name).Verify();
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        // Images of the smallest size take at least a bit per 8x8 block of a JPEG, or deflate's best ratio in a PNG.
        long pixels = (long)info.Width * info.Height;
        if (pixels > MaximumPixels || pixels > encoded.Length * 4096L)
            throw new InputException(name, "header", $"a size that {encoded.Length} bytes can hold", $"{info.Width} x {info.Height}");
        byte[] rgba = GC.AllocateUninitializedArray<byte>(info.BytesSize);
        SKCodecResult result;
        unsafe
        {
            fixed (byte* target = rgba) result = codec.GetPixels(info, (nint)target);
        }
        if (result != SKCodecResult.Success)
            throw new InputException(name, null, $"a complete image of {info.Width} x {info.Height} pixels", Describe(result), "The file is truncated or damaged");
        return new ColorImage(info.Width, info.Height, DropAlpha(rgba));
    }

    /// <summary>Width and height from the header alone.</summary>
    public static (int Width, int Height) ReadSize(string path)
    {
        byte[] encoded = InputFile.ReadBytes(path);
        using SKData data = SKData.CreateCopy(encoded);
        using SKCodec codec = Open(data, encoded, path);
        return (codec.Info.Width, codec.Info.Height);
    }

    private static SKCodec Open(SKData data, ReadOnlySpan<byte> encoded, string name)
    {
        SKCodec? codec = SKCodec.Create(data);
        if (codec is null) throw new InputException(name, "offset 0", "a JPEG or PNG image", Bytes.Show(encoded));
        if (codec.EncodedFormat is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png) return codec;
        string format = codec.EncodedFormat.ToString();
        codec.Dispose();
        throw new InputException(name, "offset 0", "a JPEG or PNG image", format);
    }

    private static byte[] DropAlpha(byte[] rgba)
    {
        ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(rgba);
        byte[] rgb = GC.AllocateUninitializedArray<byte>(pixels.Length * 3);
        for (int i = 0, o = 0; i < pixels.Length; i++, o += 3)
        {
            uint pixel = pixels[i];
            rgb[o + 2] = (byte)(pixel >> 16);
            rgb[o] = (byte)pixel;
            rgb[o + 1] = (byte)(pixel >> 8);
        }
        return rgb;
    }

    private static string Describe(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "an incomplete file",
        SKCodecResult.ErrorInInput => "damaged data",
        SKCodecResult.InvalidInput => "damaged data",
        _ => string.Create(CultureInfo.InvariantCulture, $"what the decoder calls {result}"),
    };
}
