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

    /// <summary>Files by libjpeg-turbo, 53 x 37 pixels: subsampled, with restart markers, with a scan per component, grey, progressive.</summary>
    public static TheoryData<string> Variants => ["interleaved-420", "interleaved-422", "restart-every-3", "one-scan-per-component", "grey", "progressive"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Takes_every_kind_of_jpeg_for_good(string variant)
    {
        ColorImage image = ImageReader.Read(Variant(variant));
        Assert.Equal((53, 37), (image.Width, image.Height));
        if (variant == "grey") return;
        for (int y = 0; y < 37; y++)
            for (int x = 0; x < 53; x++) Assert.InRange(image.Pixels[(y * 53 + x) * 3] - x * 255 / 53, -60, 60);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Refuses_a_jpeg_whose_data_ends_early_though_it_has_its_end_marker(string variant)
    {
        if (variant == "progressive") return;
        byte[] good = File.ReadAllBytes(Variant(variant));
        foreach (int missing in (int[])[10, 50, 150])
        {
            byte[] bad = [.. good.AsSpan(0, good.Length - 2 - missing), 0xFF, 0xD9];
            Assert.Contains("truncated or damaged", Assert.Throws<InputException>(() => ImageReader.Read(bad, "half.jpg")).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Refuses_a_jpeg_with_a_hole(string variant)
    {
        if (variant == "progressive") return;
        byte[] good = File.ReadAllBytes(Variant(variant));
        byte[] bad = [.. good.AsSpan(0, good.Length - 150), .. good.AsSpan(good.Length - 90)];
        Assert.Throws<InputException>(() => ImageReader.Read(bad, "hole.jpg"));
    }

    private static string Variant(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "Jpeg", name + ".jpg");
}
