using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Reports;

public sealed class CloudPictureTests
{
    private const int Width = 160, Height = 120, Left = 12, Top = 38;

    /// <summary>A 4 m x 3 m floor; corners in order (0, 0), (4, 0), (4, 3), (0, 3).</summary>
    private static readonly float[] s_floor = [0, 0, 0, 4, 0, 0, 4, 3, 0, 0, 3, 0];

    [Fact]
    public void Shows_a_floor_from_above_in_its_colour_with_x_to_the_right_and_y_up()
    {
        // Red at the left, blue at the right; the upper corners white.
        ColorImage picture = Draw(Mesh(s_floor, [0, 1, 2, 0, 2, 3]), [255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255]);
        (int R, int G, int B) left = At(picture, 6, Height - 6), right = At(picture, Width - 8, Height - 6), upper = At(picture, Width / 2, 6);
        Assert.True(left.R > 200 && left.B < 60, $"{left}");
        Assert.True(right.B > 200 && right.R < 60, $"{right}");
        Assert.True(upper.G > 200, $"{upper}");
    }

    [Fact]
    public void Cuts_the_ceiling_away()
    {
        float[] positions = [.. s_floor, 0, 0, 2.5f, 4, 0, 2.5f, 4, 3, 2.5f, 0, 3, 2.5f];
        byte[] colors = [.. Repeat(4, 0, 200, 0), .. Repeat(4, 200, 0, 0)];
        PointCloud cloud = Mesh(positions, [0, 1, 2, 0, 2, 3, 4, 5, 6, 4, 6, 7]);
        Assert.True(At(Draw(cloud, colors), Width / 2, Height / 2).G > 150);
        Assert.True(At(Draw(cloud, colors, cut: 3), Width / 2, Height / 2).R > 150);
    }

    [Fact]
    public void Leaves_out_faces_that_turn_away() =>
        Assert.Equal((255, 255, 255), At(Draw(Mesh(s_floor, [0, 2, 1, 0, 3, 2]), Repeat(4, 0, 0, 0)), Width / 2, Height / 2));

    [Fact]
    public void Covers_a_cloud_without_faces_by_squares_as_large_as_its_gaps()
    {
        var positions = new List<float>();
        for (int i = 0; i < 40; i++)
            for (int j = 0; j < 30; j++) positions.AddRange([0.1f * i, 0.1f * j, 0]);
        var cloud = new PointCloud { Positions = [.. positions], Normals = new float[positions.Count], Colors = [] };
        ColorImage picture = Draw(cloud, Repeat(cloud.Count, 0, 100, 200));
        for (int y = 10; y < Height - 10; y++)
            for (int x = 10; x < Width - 10; x++) Assert.Equal((0, 100, 200), At(picture, x, y));
    }

    [Fact]
    public void Takes_any_up_axis()
    {
        // The floor in the x z plane under +y: seen from above, facing up.
        float[] positions = [0, 0, 3, 4, 0, 3, 4, 0, 0, 0, 0, 0];
        ColorImage picture = CloudPicture.Draw([new Panel("", Mesh(positions, [0, 1, 2, 0, 2, 3]), Repeat(4, 0, 200, 0))], (0, 1, 0), [], [ViewKind.BirdsEye], Width);
        Assert.Equal((0, 200, 0), At(picture, Width / 2, Height / 2));
    }

    [Fact]
    public void Adds_room_for_a_legend_with_its_colours()
    {
        PointCloud cloud = Mesh(s_floor, [0, 1, 2, 0, 2, 3]);
        ColorImage picture = CloudPicture.Draw([new Panel("floor", cloud, Repeat(4, 9, 9, 9))], (0, 0, 1), [("chair", (10, 200, 30))], [ViewKind.BirdsEye], Width);
        Assert.True(picture.Height > Top + Height + 12);
        Assert.Equal((10, 200, 30), At(picture, 4, Height + 12 + 4));
    }

    [Fact]
    public void Takes_an_empty_cloud() =>
        Assert.Equal((255, 255, 255), At(Draw(new PointCloud { Positions = [], Normals = [], Colors = [] }, []), 5, 5));

    private static ColorImage Draw(PointCloud cloud, byte[] colors, float cut = 2) =>
        CloudPicture.Draw([new Panel("cloud", cloud, colors)], (0, 0, 1), [], [ViewKind.BirdsEye], Width, cut);

    private static PointCloud Mesh(float[] positions, int[] faces) =>
        new() { Positions = positions, Normals = new float[positions.Length], Colors = [], Faces = faces };

    private static byte[] Repeat(int count, byte r, byte g, byte b) => [.. Enumerable.Repeat((byte[])[r, g, b], count).SelectMany(color => color)];

    /// <summary>A pixel of the first panel.</summary>
    private static (int R, int G, int B) At(ColorImage picture, int x, int y)
    {
        int pixel = 3 * ((Top + y) * picture.Width + Left + x);
        return (picture.Pixels[pixel], picture.Pixels[pixel + 1], picture.Pixels[pixel + 2]);
    }
}
