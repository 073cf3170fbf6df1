using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Scenes;

public sealed class PoseTests
{
    /// <summary>A recorded rotation is orthogonal to a percent or so; going there and back must not move a point.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(1.009)]
    public void Inverse_undoes_a_pose_whose_rotation_is_not_quite_one(double stretch)
    {
        double c = Math.Cos(0.7), s = Math.Sin(0.7);
        var pose = new Pose(c * stretch, -s, 0.005, 1.5, s, c * stretch, 0, -2, 0, 0, stretch, 0.25);

        (double x, double y, double z) = pose.Apply(0.5, -1, 3);
        (x, y, z) = pose.Inverse().Apply(x, y, z);

        Assert.Equal(0.5, x, 1e-12);
        Assert.Equal(-1, y, 1e-12);
        Assert.Equal(3, z, 1e-12);
    }
}
