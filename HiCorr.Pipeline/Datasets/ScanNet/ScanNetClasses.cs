using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.ScanNet;

/// <summary>The 20 classes of the ScanNet benchmark and their NYU40 ids.</summary>
public static class ScanNetClasses
{
    /// <summary>NYU40 id by class index.</summary>
    public static ReadOnlySpan<byte> NyuIds => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39];

    public static ClassList List { get; } = ClassLists.Find(ClassLists.ScanNet20)!;

    /// <summary>Class index of an NYU40 id; <see cref="ClassList.None"/> for the ids that the benchmark leaves out.</summary>
    public static byte FromNyu(int id)
    {
        int index = id is >= 0 and <= 255 ? NyuIds.IndexOf((byte)id) : -1;
        return index < 0 ? ClassList.None : (byte)index;
    }
}
