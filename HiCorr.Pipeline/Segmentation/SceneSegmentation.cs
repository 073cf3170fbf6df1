using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>Over-segments whatever geometry a scene has.</summary>
public static class SceneSegmentation
{
    /// <returns>Segment id per point, the index of the segment's root point: by the mesh where there are faces, else by near points.</returns>
    public static int[] Segment(PointCloud cloud, SegmentationOptions options) => cloud.Faces.Length > 0
        ? MeshSegmentation.Segment(cloud.Positions, cloud.Faces, options)
        : CloudSegmentation.Segment(cloud, options);

    /// <summary>The same from a file: a mesh needs neither its colours nor normals that would have to be computed first.</summary>
    public static int[] Segment(PlyFile file, SegmentationOptions options) => file.Faces.Length > 0
        ? MeshSegmentation.Segment(PlyReader.ToPositions(file), file.Faces, options)
        : CloudSegmentation.Segment(PlyReader.ToCloud(file), options);
}
