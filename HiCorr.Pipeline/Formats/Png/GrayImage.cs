namespace HiCorr.Pipeline.Formats.Png;

/// <summary>One byte per pixel, rows from the top: label maps, confidences.</summary>
public sealed record GrayImage(int Width, int Height, byte[] Pixels); // (H, W)
