using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Tests.Segmentation;

public sealed class CloudSegmentationTests
{
    [Fact]
    public void Parts_a_floor_from_a_wall_and_joins_each_of_them()
    {
        var positions = new List<float>();
        var normals = new List<float>();
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j < 20; j++)
            {
                positions.AddRange([i * 0.05f, j * 0.05f, 0]);
                normals.AddRange([0, 0, 1]);
                positions.AddRange([-0.05f, j * 0.05f, 0.05f + i * 0.05f]);
                normals.AddRange([1, 0, 0]);
            }
        }
        var cloud = new PointCloud { Positions = [.. positions], Normals = [.. normals], Colors = new byte[positions.Count] };

        Segments segments = Segments.FromIds(CloudSegmentation.Segment(cloud, new SegmentationOptions(Neighbours: 8)));

        Assert.Equal(2, segments.Count);
        for (int point = 0; point < cloud.Count; point++) Assert.Equal(point % 2, segments.Ids[point]);
    }

    [Fact]
    public void Takes_clouds_of_fewer_points_than_neighbours()
    {
        var cloud = new PointCloud { Positions = [0, 0, 0, 1, 0, 0], Normals = [0, 0, 1, 0, 0, 1], Colors = new byte[6] };
        Assert.Single(CloudSegmentation.Segment(cloud, new SegmentationOptions()).Distinct());
    }

    [Fact]
    public void Takes_an_empty_cloud() =>
        Assert.Empty(CloudSegmentation.Segment(new PointCloud { Positions = [], Normals = [], Colors = [] }, new SegmentationOptions()));
}
