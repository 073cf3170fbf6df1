using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Class per pixel of one frame, as the vision-language model sees it; may be smaller than the colour image.</summary>
/// <param name="Labels">Class index in the run's class list, <see cref="ClassList.None"/> = no label.</param>
/// <param name="Confidence">Highest softmax probability, 0 to 255 for 0 to 1.</param>
public sealed record LabelMap(int Width, int Height, byte[] Labels, byte[] Confidence); // (H, W) each
