namespace HiCorr.Pipeline.Segmentation;

/// <summary>Parameters of the ScanNet segmentator.</summary>
/// <param name="Threshold">kThresh: larger gives larger segments.</param>
/// <param name="MinVertices">segMinVerts: smaller segments join a neighbour.</param>
public readonly record struct SegmentationOptions(float Threshold = 0.01f, int MinVertices = 20);
