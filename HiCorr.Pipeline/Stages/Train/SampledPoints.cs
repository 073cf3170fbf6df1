using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>The points of a batch whose features the transformers correlate, scene by scene.</summary>
/// <param name="Rows">Voxel row of each point; two points may share one.</param>
/// <param name="Labels">The drawn pairs of these points, by place in <paramref name="Rows"/>; a point without any takes part all the same.</param>
/// <param name="Scenes">One sequence a scene.</param>
/// <param name="Positions">Metres, upright and augmented, about the scene's mean; (T, 3).</param>
internal sealed record SampledPoints(int[] Rows, RowLabels Labels, RowSegments Scenes, float[] Positions);
