using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Labels;

/// <summary>The pairs (point, pseudo-label) of one scene, frame by frame: the set M of HICL Sec. 3.1. Unlabelled pixels give no pair.</summary>
public sealed class LabelPairs
{
    private const string OffsetsFile = "frame_offsets.npy", PointsFile = "points.npy", RawFile = "raw.npy", RefinedFile = "refined.npy", FlatFile = "flat.npy", ConfidenceFile = "confidence.npy";

    /// <summary>First pair of each frame, in the scene's order of frames; the last entry is the number of pairs.</summary>
    public required int[] FrameOffsets { get; init; } // (F + 1)

    /// <summary>Point index per pair, ascending inside a frame.</summary>
    public required int[] Points { get; init; } // (P)

    /// <summary>Class index as the vision-language model gave it.</summary>
    public required byte[] Raw { get; init; } // (P)

    /// <summary>Class index after refinement.</summary>
    public required byte[] Refined { get; init; } // (P)

    /// <summary>Class index as the 2D network gives it; null where it was not asked.</summary>
    public byte[]? Flat { get; init; } // (P)

    /// <summary>Highest softmax probability of the raw label, 0 to 255 for 0 to 1.</summary>
    public required byte[] Confidence { get; init; } // (P)

    public int Count => Points.Length;

    public int FrameCount => FrameOffsets.Length - 1;

    /// <summary>The pairs of one frame.</summary>
    public Range OfFrame(int frame) => FrameOffsets[frame]..FrameOffsets[frame + 1];

    /// <summary>The same pairs with other refined labels.</summary>
    public LabelPairs WithRefined(byte[] refined) => new() { FrameOffsets = FrameOffsets, Points = Points, Raw = Raw, Refined = refined, Flat = Flat, Confidence = Confidence };

    public void Save(StageResult result)
    {
        NpyWriter.Write<int>(result.PathOf(OffsetsFile), FrameOffsets);
        NpyWriter.Write<int>(result.PathOf(PointsFile), Points);
        NpyWriter.Write<byte>(result.PathOf(RawFile), Raw);
        NpyWriter.Write<byte>(result.PathOf(RefinedFile), Refined);
        if (Flat is not null) NpyWriter.Write<byte>(result.PathOf(FlatFile), Flat);
        NpyWriter.Write<byte>(result.PathOf(ConfidenceFile), Confidence);
    }

    /// <param name="result">What the refine stage published.</param>
    /// <param name="pointCount">Points of the scene, which every index must respect.</param>
    /// <exception cref="ArtefactException">A file is missing or damaged, or indices point outside the scene.</exception>
    public static LabelPairs Load(StageResult result, int pointCount)
    {
        try
        {
            return Read(result, pointCount);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }

    private static LabelPairs Read(StageResult result, int pointCount)
    {
        int[] points = NpyReader.Read<int>(result.PathOf(PointsFile), -1).Data;
        int[] offsets = NpyReader.Read<int>(result.PathOf(OffsetsFile), -1).Data;
        foreach (int point in points)
            if ((uint)point >= (uint)pointCount) throw Broken(PointsFile, $"point indices below {pointCount}", $"{point}");
        for (int f = 1; f < offsets.Length; f++)
            if (offsets[f] < offsets[f - 1]) throw Broken(OffsetsFile, "ascending offsets", $"{offsets[f]} after {offsets[f - 1]}");
        if (offsets.Length == 0 || offsets[0] != 0 || offsets[^1] != points.Length)
            throw Broken(OffsetsFile, $"offsets from 0 to {points.Length}", offsets.Length == 0 ? "none" : $"{offsets[0]} to {offsets[^1]}");
        return new LabelPairs
        {
            FrameOffsets = offsets,
            Points = points,
            Raw = NpyReader.Read<byte>(result.PathOf(RawFile), points.Length).Data,
            Refined = NpyReader.Read<byte>(result.PathOf(RefinedFile), points.Length).Data,
            Flat = File.Exists(result.PathOf(FlatFile)) ? NpyReader.Read<byte>(result.PathOf(FlatFile), points.Length).Data : null,
            Confidence = NpyReader.Read<byte>(result.PathOf(ConfidenceFile), points.Length).Data,
        };

        ArtefactException Broken(string file, string expected, string found) =>
            new(result.PathOf(file), null, expected, found, "Delete the folder; the stage makes it again");
    }
}
