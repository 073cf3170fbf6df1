using HiCorr.Pipeline.Config;

namespace HiCorr.Tests.Config;

public sealed class ImageSizeTests
{
    [Theory]
    [InlineData("640x480", 640, 480)]
    [InlineData("512", 512, 512)]
    [InlineData("1x16384", 1, 16384)]
    public void Reads_width_and_height(string text, int width, int height)
    {
        Assert.True(ImageSize.TryParse(text, out ImageSize size));
        Assert.Equal(new ImageSize(width, height), size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("640x")]
    [InlineData("x480")]
    [InlineData("640x480x3")]
    [InlineData("-640x480")]
    [InlineData("640.5x480")]
    [InlineData("640 x 480")]
    [InlineData("16385")]
    [InlineData("99999999999")]
    public void Refuses_anything_else(string text) => Assert.False(ImageSize.TryParse(text, out _));
}
