using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

/// <summary>A small map from PyTorch; tools/test-models/make_smoothing.py wrote it.</summary>
internal static class SmoothingGolden
{
    public const int Height = 5, Width = 7, Cells = Height * Width;

    /// <summary>Scores times 100, dropped classes at -100, or probabilities as they are; laid out as <see cref="ClassScorer"/> does.</summary>
    public static (float[] Cells, int Width, int Classes) Scores(string name)
    {
        NpyArray<float> planes = Read(name);
        int classes = planes.Shape[0], width = (classes + 7) / 8 * 8;
        float[] cells = new float[Cells * width];
        bool areScores = name is "scores" or "denoised";
        Array.Fill(cells, areScores ? ClassScorer.Nothing : 0);
        for (int c = 0; c < classes; c++)
            for (int i = 0; i < Cells; i++)
            {
                float value = planes.Data[c * Cells + i];
                cells[i * width + c] = areScores && value > -100 ? 100 * value : value;
            }
        return (cells, width, classes);
    }

    public static NpyArray<float> Read(string name) => NpyReader.ReadFloats(Path.Combine(AppContext.BaseDirectory, "Data", "clip", "smoothing", name + ".npy"), -1, Height, Width);
}
