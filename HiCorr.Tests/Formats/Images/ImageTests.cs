using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Formats.Images;

public sealed class ImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal static ColorImage Gradient(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                pixels[(y * width + x) * 3] = (byte)(x * 255 / width);
                pixels[(y * width + x) * 3 + 1] = (byte)(y * 255 / height);
                pixels[(y * width + x) * 3 + 2] = 40;
            }
        return new ColorImage(width, height, pixels);
    }

    [Fact]
    public void Returns_nearly_the_colours_that_were_written_as_jpeg()
    {
        string path = _folder.PathOf("a.jpg");
        ColorImage image = Gradient(99, 65);
        ImageWriter.WriteJpeg(path, image, 95);
        ColorImage read = ImageReader.Read(path);
        Assert.Equal((99, 65), (read.Width, read.Height));
        for (int i = 0; i < image.Pixels.Length; i++) Assert.InRange(Math.Abs(image.Pixels[i] - read.Pixels[i]), 0, 8);
    }

    [Fact]
    public void Reads_the_size_without_the_pixels()
    {
        string path = _folder.PathOf("a.jpg");
        ImageWriter.WriteJpeg(path, Gradient(17, 40));
        Assert.Equal((17, 40), ImageReader.ReadSize(path));
    }

    [Fact]
    public void Refuses_an_incomplete_jpeg_wherever_it_ends()
    {
        byte[] whole = ImageWriter.EncodeJpeg(Gradient(64, 64));
        for (int length = 0; length < whole.Length - 2; length += 1 + whole.Length / 60)
            Assert.Throws<InputException>(() => ImageReader.Read(whole.AsSpan(0, length), "cut.jpg"));
    }

    [Fact]
    public void Refuses_what_is_no_image()
    {
        var e = Assert.Throws<InputException>(() => ImageReader.Read("just some text"u8, "notes.jpg"));
        Assert.StartsWith("notes.jpg, offset 0: expected a JPEG or PNG image", e.Message, StringComparison.Ordinal);
    }
}
