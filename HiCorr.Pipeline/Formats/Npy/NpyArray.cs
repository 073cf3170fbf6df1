namespace HiCorr.Pipeline.Formats.Npy;

/// <summary>An array of numbers, last axis fastest.</summary>
public sealed record NpyArray<T>(int[] Shape, T[] Data) where T : unmanaged;
