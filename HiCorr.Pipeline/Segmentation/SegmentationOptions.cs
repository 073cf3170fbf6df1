namespace HiCorr.Pipeline.Segmentation;

/// <summary>Parameters of the over-segmentation; the defaults of the first two are those of ScanNet's published segments.</summary>
/// <param name="Threshold">kThresh: larger gives larger segments.</param>
/// <param name="MinVertices">segMinVerts: smaller segments join a neighbour.</param>
/// <param name="Neighbours">Edges per point of a cloud without faces.</param>
public sealed record SegmentationOptions(float Threshold = 0.01f, int MinVertices = 20, int Neighbours = 12);
