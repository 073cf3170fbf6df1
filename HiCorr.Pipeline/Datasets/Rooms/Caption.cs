namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>Captions in the words of a web image.</summary>
internal static class Caption
{
    private static readonly string[] OneThing =
        ["a photo of {0}", "{0}", "a picture showing {0}", "a photo of {0} in a room", "{0} in a house", "an image of {0}"];

    private static readonly string[] Near = ["a close-up photo of {0}", "a photo of {0}", "a detail of {0}", "{0} from near"];

    private static readonly string[] Rooms = ["a room with {0}", "a photo of a room with {0}", "an indoor scene with {0}", "{0} in a room"];

    /// <summary>The first name is what the photo is of; others are what else is seen.</summary>
    public static string OfOne(IReadOnlyList<string> names, RoomRandom random) => Fill(random.Pick<string>(OneThing), Before(names, random));

    public static string OfPart(IReadOnlyList<string> names, RoomRandom random) => Fill(random.Pick<string>(Near), Before(names, random));

    public static string OfRoom(IReadOnlyList<string> names, RoomRandom random) => Fill(random.Pick<string>(Rooms), Join(names));

    /// <summary>"a bed, a chair and a window".</summary>
    public static string Join(IReadOnlyList<string> names)
    {
        string[] things = [.. names.Select(WithArticle)];
        return things.Length == 1 ? things[0] : string.Join(", ", things[..^1]) + " and " + things[^1];
    }

    private static string Before(IReadOnlyList<string> names, RoomRandom random) =>
        names.Count == 1 ? WithArticle(names[0]) : WithArticle(names[0]) + random.Pick<string>([" before ", " with ", " beside "]) + Join([.. names.Skip(1)]);

    private static string WithArticle(string name) =>
        name == RoomsClass.Names[RoomsClass.OtherFurniture] ? name : ("aeiou".Contains(name[0], StringComparison.Ordinal) ? "an " : "a ") + name;

    private static string Fill(string template, string things) => template.Replace("{0}", things, StringComparison.Ordinal);
}
