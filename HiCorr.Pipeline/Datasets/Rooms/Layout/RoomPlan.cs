using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Layout;

internal enum RoomKind { Bedroom, LivingRoom, Kitchen, Bathroom, Mixed, Office }

/// <summary>Which furniture each kind of room has, and building rooms that have it.</summary>
internal static class RoomPlan
{
    private const int Attempts = 200;

    /// <summary>What a kind of room must have; the first four kinds together cover all classes.</summary>
    public static byte[] Required(RoomKind kind) => kind switch
    {
        RoomKind.Bedroom => [RoomsClass.Door, RoomsClass.Bed, RoomsClass.Curtain, RoomsClass.Cabinet, RoomsClass.Desk, RoomsClass.Picture],
        RoomKind.LivingRoom => [RoomsClass.Door, RoomsClass.Sofa, RoomsClass.Curtain, RoomsClass.Bookshelf, RoomsClass.Table, RoomsClass.Picture, RoomsClass.OtherFurniture],
        RoomKind.Kitchen => [RoomsClass.Door, RoomsClass.Sink, RoomsClass.Refrigerator, RoomsClass.Counter, RoomsClass.Window, RoomsClass.Table, RoomsClass.Chair],
        RoomKind.Bathroom => [RoomsClass.Door, RoomsClass.ShowerCurtain, RoomsClass.Toilet, RoomsClass.Sink, RoomsClass.OtherFurniture],
        RoomKind.Office => [RoomsClass.Door, RoomsClass.Desk, RoomsClass.Bookshelf, RoomsClass.Window, RoomsClass.Cabinet, RoomsClass.Chair],
        _ => [RoomsClass.Door, RoomsClass.Window, RoomsClass.OtherFurniture],
    };

    private static byte[] Extras(RoomKind kind) => kind switch
    {
        RoomKind.Bedroom => [RoomsClass.Picture, RoomsClass.Chair, RoomsClass.Bookshelf, RoomsClass.OtherFurniture, RoomsClass.Cabinet, RoomsClass.Table, RoomsClass.Sofa],
        RoomKind.LivingRoom => [RoomsClass.Picture, RoomsClass.Chair, RoomsClass.Sofa, RoomsClass.OtherFurniture, RoomsClass.Cabinet, RoomsClass.Desk, RoomsClass.Bookshelf, RoomsClass.Window],
        RoomKind.Kitchen => [RoomsClass.Picture, RoomsClass.Chair, RoomsClass.Counter, RoomsClass.OtherFurniture, RoomsClass.Cabinet, RoomsClass.Table],
        RoomKind.Bathroom => [RoomsClass.Picture, RoomsClass.OtherFurniture, RoomsClass.Cabinet, RoomsClass.Window, RoomsClass.Sink, RoomsClass.Bathtub],
        RoomKind.Office => [RoomsClass.Picture, RoomsClass.Chair, RoomsClass.Desk, RoomsClass.OtherFurniture, RoomsClass.Cabinet, RoomsClass.Table, RoomsClass.Sofa, RoomsClass.Bookshelf],
        _ => [.. Enumerable.Range(RoomsClass.Cabinet, RoomsClass.Count - RoomsClass.Cabinet).Where(c => c != RoomsClass.Door).Select(c => (byte)c)],
    };

    /// <summary>A furnished room that has all that its kind requires; drawn again until everything fits.</summary>
    public static Room Furnish(RoomKind kind, RoomRandom random, float clutter, int extraObjects)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
            if (TryFurnish(kind, random.Fork(attempt), clutter, extraObjects) is { } room) return room;
        throw new InvalidOperationException($"No layout for a {kind} within {Attempts} attempts.");
    }

    private static Room? TryFurnish(RoomKind kind, RoomRandom random, float clutter, int extraObjects)
    {
        float largest = kind == RoomKind.Bathroom ? 3.8f : 5f, smallest = kind == RoomKind.Bathroom ? 3f : 3.2f;
        var room = new Room(new Vector3(random.Range(smallest, largest), random.Range(smallest, largest), random.Range(2.4f, 2.8f)), random);
        var furnisher = new Furnisher(room, random, clutter);
        foreach (byte label in Required(kind)) if (!furnisher.Place(label)) return null;
        // A mixed room is nothing but extras.
        int extras = extraObjects + (kind == RoomKind.Mixed ? 5 : 0);
        byte[] choice = Extras(kind);
        for (int i = 0; i < extras; i++) furnisher.Place(random.Pick<byte>(choice));
        return room;
    }
}
