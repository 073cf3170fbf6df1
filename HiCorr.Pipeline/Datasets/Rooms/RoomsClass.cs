namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>Labels of the ScanNet-20 list that Rooms furnishes, and their ids in ScanNet's own files.</summary>
internal static class RoomsClass
{
    public const byte Wall = 0, Floor = 1, Cabinet = 2, Bed = 3, Chair = 4, Sofa = 5, Table = 6, Door = 7, Window = 8, Bookshelf = 9,
        Picture = 10, Counter = 11, Desk = 12, Curtain = 13, Refrigerator = 14, ShowerCurtain = 15, Toilet = 16, Sink = 17,
        Bathtub = 18, OtherFurniture = 19, None = 255;

    public const int Count = 20;

    public static readonly string[] Names =
    [
        "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture", "counter", "desk",
        "curtain", "refrigerator", "shower curtain", "toilet", "sink", "bathtub", "other furniture",
    ];

    private static readonly ushort[] Nyu40 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39];

    /// <summary>NYU40 id as in ScanNet's <c>labels.ply</c>; 0 = unlabelled.</summary>
    public static ushort ToNyu40(byte label) => label == None ? (ushort)0 : Nyu40[label];
}
