using HiCorr.Pipeline.Datasets.ScanNet;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>Labels of the ScanNet-20 list that Rooms furnishes, and their ids in ScanNet's own files.</summary>
internal static class RoomsClass
{
    public const byte Wall = 0, Floor = 1, Cabinet = 2, Bed = 3, Chair = 4, Sofa = 5, Table = 6, Door = 7, Window = 8, Bookshelf = 9,
        Picture = 10, Counter = 11, Desk = 12, Curtain = 13, Refrigerator = 14, ShowerCurtain = 15, Toilet = 16, Sink = 17,
        Bathtub = 18, OtherFurniture = 19, None = 255;

    public const int Count = 20;

    public static IReadOnlyList<string> Names => ScanNetClasses.List.Names;

    /// <summary>NYU40 id as in ScanNet's <c>labels.ply</c>; 0 = unlabelled.</summary>
    public static ushort ToNyu40(byte label) => label == None ? (ushort)0 : ScanNetClasses.NyuIds[label];
}
