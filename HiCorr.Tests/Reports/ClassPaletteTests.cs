using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Reports;

public sealed class ClassPaletteTests
{
    [Fact]
    public void Gives_scannet_classes_their_published_colours_whatever_their_order()
    {
        var palette = new ClassPalette(new ClassList("two", ["Floor", "wall"]));
        Assert.Equal(((byte)152, (byte)223, (byte)138), palette[0]);
        Assert.Equal(((byte)174, (byte)199, (byte)232), palette[1]);
    }

    [Fact]
    public void Gives_unknown_classes_colours_that_differ()
    {
        var palette = new ClassPalette(new ClassList("many", [.. Enumerable.Range(0, 60).Select(i => $"thing {i}")]));
        for (byte a = 0; a < 60; a++)
            for (byte b = 0; b < a; b++)
                Assert.True(Distance(palette[a], palette[b]) > 10, $"{palette[a]} and {palette[b]}");

        static double Distance((byte R, byte G, byte B) a, (byte R, byte G, byte B) b) =>
            Math.Sqrt((a.R - b.R) * (a.R - b.R) + (a.G - b.G) * (a.G - b.G) + (a.B - b.B) * (a.B - b.B));
    }

    [Fact]
    public void Colours_points_without_a_label_grey()
    {
        byte[] colors = new ClassPalette(new ClassList("one", ["wall"])).Colorize([0, ClassList.None]);
        Assert.Equal([174, 199, 232, 70, 70, 70], colors);
    }

    [Fact]
    public void Names_only_classes_that_occur()
    {
        var palette = new ClassPalette(new ClassList("three", ["wall", "floor", "chair"]));
        Assert.Equal(["wall", "chair"], palette.LegendOf([0, 0], [ClassList.None, 2]).Select(entry => entry.Name));
    }
}
