using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>Over-segments whatever geometry a scene has.</summary>
public static class SceneSegmentation
{
    /// <returns>Segment id per point, the index of the segment's root point: by the mesh where there are faces, else by near points.</returns>
    public static int[] Segment(PointCloud cloud, SegmentationOptions options) => cloud.Faces.Length > 0
        ? MeshSegmentation.Segment(cloud.Positions, cloud.Faces, options)
        : CloudSegmentation.Segment(cloud, options);
}
