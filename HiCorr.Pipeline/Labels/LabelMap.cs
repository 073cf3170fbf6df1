using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Class per pixel of one frame, as the vision-language model sees it.</summary>
/// <param name="Width">Columns of the map, which may be smaller than the image's.</param>
/// <param name="Height">Rows of the map.</param>
/// <param name="ImageWidth">Columns of the whole colour image that the map covers: the projection scales pixels by their ratio.</param>
/// <param name="ImageHeight">Rows of the colour image.</param>
/// <param name="Labels">Class index in the run's class list, <see cref="ClassList.None"/> = no label.</param>
/// <param name="Confidence">Highest softmax probability, 0 to 255 for 0 to 1.</param>
/// <param name="Entropy">Entropy of the softmax over that of as many equal probabilities, 0 (certain) to 255; null where it was not kept.</param>
public sealed record LabelMap(int Width, int Height, int ImageWidth, int ImageHeight, byte[] Labels, byte[] Confidence, byte[]? Entropy = null); // (H, W) each
