using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Scenes;

public sealed class UprightTests
{
    [Fact]
    public void World_with_y_up_becomes_x_minus_z_y() => Assert.Equal([1, 0, 0, 0, 0, -1, 0, 1, 0], Upright.Rotation((0, 1, 0)));

    [Fact]
    public void World_with_z_up_stays_as_it_is() => Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 1], Upright.Rotation((0, 0, 1)));

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(0, 0, -1)]
    [InlineData(0.6f, 0, 0.8f)]
    public void Is_a_rotation_that_takes_up_to_z(float x, float y, float z)
    {
        double[] r = Upright.Rotation((x, y, z));

        double determinant = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
        Assert.Equal(1, determinant, 6);
        Assert.Equal(1, r[6] * x + r[7] * y + r[8] * z, 6);
        Assert.Equal(0, r[0] * x + r[1] * y + r[2] * z, 6);
    }
}
