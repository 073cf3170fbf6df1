using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Labels;

public sealed class PairCollectionTests
{
    [Fact]
    public void Collects_labelled_pixels_frame_by_frame_and_drops_unlabelled_ones()
    {
        // Two points 1 m ahead, in columns 0 and 1 of a 2 x 1 image.
        var cloud = new PointCloud { Positions = [0, 0, 1, 1, 0, 1], Colors = new byte[6], Normals = new float[6] };
        Frame[] frames = [FrameNamed("a"), FrameNamed("b")];
        var scene = new Scene { Name = "scene", Cloud = cloud, Frames = frames };
        long steps = 0;

        LabelPairs pairs = PairCollection.Collect(scene,
            frame =>
            {
                LabelMap map = frame.Id == "a" ? new LabelMap(2, 1, 2, 1, [7, ClassList.None], [9, 0]) : new LabelMap(2, 1, 2, 1, [7, 8], [10, 11]);
                // The 2D network's map has one pixel for both columns.
                return new FrameLabels(map, map with { Labels = [5, 6] }, new LabelMap(1, 1, 2, 1, [(byte)(frame.Id == "a" ? 1 : 2)], [0]));
            },
            new DepthTest(0.05, false), done => Interlocked.Add(ref steps, done), TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 3], pairs.FrameOffsets);
        Assert.Equal([0, 0, 1], pairs.Points);
        Assert.Equal([7, 7, 8], pairs.Raw);
        Assert.Equal([5, 5, 6], pairs.Refined);
        Assert.Equal([1, 2, 2], pairs.Flat);
        Assert.Equal([9, 10, 11], pairs.Confidence);
        Assert.Equal(2, steps);
    }

    private static Frame FrameNamed(string id)
    {
        var camera = new Intrinsics(1, 1, 0, 0);
        return new Frame(id, new Pose(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), camera, camera, new Wall());
    }

    private sealed class Wall : IFrameImages
    {
        public string ColorSource => "none";
        public string DepthSource => "none";
        public ColorImage ReadColor() => throw new NotSupportedException();
        public DepthImage ReadDepth() => new(2, 1, [1000, 1000]);
    }
}
