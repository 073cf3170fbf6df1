using System.Globalization;
using System.Text;
using System.Text.Json;
using HiCorr.Pipeline.Datasets.Rooms.Layout;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>One image with its caption and the classes that the caption names.</summary>
internal sealed record CaptionedImage(ColorImage Image, string Caption, string[] Classes);

/// <summary>
/// Images with captions, as the web has them: one object, a part of one, a whole room, or a few things of a room from a long lens. Captions name
/// what is seen; no dense labels leave here.
/// </summary>
internal static class CaptionImages
{
    /// <summary>Least share of the image that a class must take to be named.</summary>
    public const float NamedShare = 0.02f;

    /// <summary>Images made from one furnished room.</summary>
    private const int ViewsPerRoom = 4;

    /// <summary>Longer lists stop here: the smallest things are left out.</summary>
    private const int MostNames = 8;

    private const int JpegQuality = 92;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private sealed record Line(string Image, string Caption, string[] Classes);

    public static void Write(CaptionOptions options, string outFolder, Progress? progress, CancellationToken stop)
    {
        options.Validate();
        string mark = Path.Combine(outFolder, "captions.key"), key = options.Key();
        if (File.Exists(mark) && File.ReadAllText(mark) == key)
        {
            progress?.Skip(options.Count);
            return;
        }
        Directory.CreateDirectory(outFolder);
        File.Delete(mark);
        var lines = new string[options.Count];
        int groups = (options.Count + ViewsPerRoom - 1) / ViewsPerRoom;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : Environment.ProcessorCount, CancellationToken = stop };
        Parallel.For(0, groups, parallel, group =>
        {
            int first = group * ViewsPerRoom, count = Math.Min(ViewsPerRoom, options.Count - first);
            for (int i = 0; i < count; i++)
            {
                CaptionedImage made = Make(options, group, i);
                string name = string.Create(CultureInfo.InvariantCulture, $"images/{first + i:000000}.jpg");
                ImageWriter.WriteJpeg(Path.Combine(outFolder, name), made.Image, JpegQuality);
                lines[first + i] = JsonSerializer.Serialize(new Line(name, made.Caption, made.Classes), Json);
            }
            progress?.Advance(count);
        });
        AtomicFile.Write(Path.Combine(outFolder, "captions.jsonl"), stream =>
        {
            foreach (string line in lines) stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        });
        AtomicFile.WriteText(mark, key);
    }

    /// <summary>Image <paramref name="view"/> of group <paramref name="group"/>: the views of a group share their kind, and whole-room views their room.</summary>
    public static CaptionedImage Make(CaptionOptions options, int group, int view)
    {
        var random = new RoomRandom(options.Seed, RoomsGenerator.CaptionPurpose, group);
        float kind = random.Unit();
        RoomRandom own = random.Fork(100 + view);
        if (kind < options.RoomShare) return OfRoom(options, random.Fork(1), view, own, lens: 1);
        kind -= options.RoomShare;
        if (kind < options.DetailShare) return OfRoom(options, random.Fork(1), view, own, lens: own.Range(1.3f, 3f));
        kind -= options.DetailShare;
        byte label = (byte)own.Int(RoomsClass.Count);
        for (int attempt = 0; ; attempt++)
            if (OfObject(options, label, kind < options.CloseUpShare, own.Fork(attempt)) is { } made) return made;
    }

    /// <param name="lens">Focal length, in multiples of the walk's own.</param>
    private static CaptionedImage OfRoom(CaptionOptions options, RoomRandom shared, int view, RoomRandom own, float lens)
    {
        RoomKind kind = (RoomKind)shared.Int(Enum.GetValues<RoomKind>().Length);
        Room room = RoomPlan.Furnish(kind, shared.Fork(1), shared.Unit(), shared.Int(7));
        var lighting = new Lighting(shared.Fork(2), room.Size);
        lighting.CastShadows(room.Quads);
        Camera camera = CameraPath.Walk(room, shared.Fork(3), ViewsPerRoom * 2, options.Size, options.Size)[2 * view + own.Int(2)];
        camera = camera with { Focal = camera.Focal * lens };
        var photographer = new Photographer(room, lighting, options.Size, options.Size);
        photographer.Look(camera);
        List<string> names = [];
        List<string> classes = [];
        foreach ((byte label, string name) in Visible(room, photographer.Raster))
        {
            if (label == RoomsClass.None || names.Count == MostNames) continue;
            names.Add(NameOf(label, name, own));
            classes.Add(RoomsClass.Names[label]);
        }
        if (names.Count == 0)
        {
            names.Add(RoomsClass.Names[RoomsClass.Wall]);
            classes.Add(RoomsClass.Names[RoomsClass.Wall]);
        }
        ColorImage image = photographer.Color(camera, own.Range(0.8f, 1.25f), own);
        return new CaptionedImage(image, Caption.OfRoom(names, own), [.. classes]);
    }

    private static CaptionedImage? OfObject(CaptionOptions options, byte label, bool closeUp, RoomRandom random)
    {
        Stage stage = Stage.Set(label, random);
        Camera camera = closeUp ? stage.CloseUp(options.Size, random) : stage.Portrait(options.Size, random);
        var lighting = new Lighting(random.Fork(2), stage.Room.Size);
        lighting.CastShadows(stage.Room.Quads);
        var photographer = new Photographer(stage.Room, lighting, options.Size, options.Size);
        photographer.Look(camera);
        float share = Share(photographer.Raster, stage.Room, label);
        if (share < (closeUp ? 0.3f : 0.06f)) return null;
        List<string> names = [NameOf(label, stage.Name, random)], classes = [RoomsClass.Names[label]];
        foreach ((byte other, string otherName) in Visible(stage.Room, photographer.Raster))
        {
            if (other == label || other == RoomsClass.None) continue;
            names.Add(NameOf(other, otherName, random));
            classes.Add(RoomsClass.Names[other]);
        }
        string caption = closeUp ? Caption.OfPart(names, random) : Caption.OfOne(names, random);
        return new CaptionedImage(photographer.Color(camera, random.Range(0.8f, 1.25f), random), caption, [.. classes]);
    }

    /// <summary>The class's name; other furniture is also called what it is.</summary>
    private static string NameOf(byte label, string thing, RoomRandom random) =>
        label == RoomsClass.OtherFurniture && random.Chance(0.5f) ? thing : RoomsClass.Names[label];

    private static float Share(Raster raster, Room room, byte label)
    {
        int count = 0;
        Quad[] quads = room.Quads;
        foreach (int triangle in raster.Triangle) if (triangle >= 0 && quads[triangle >> 1].Label == label) count++;
        return (float)count / raster.Triangle.Length;
    }

    /// <summary>Classes that take at least <see cref="NamedShare"/> of the image, largest first; the name is that of the largest object of the class.</summary>
    private static List<(byte Label, string Name)> Visible(Room room, Raster raster)
    {
        var byLabel = new int[256];
        var byObject = new int[room.Objects.Count + 1];
        Quad[] quads = room.Quads;
        foreach (int triangle in raster.Triangle)
        {
            if (triangle < 0) continue;
            byLabel[quads[triangle >> 1].Label]++;
            byObject[quads[triangle >> 1].Object]++;
        }
        var found = new List<(byte, string)>();
        foreach (int label in Enumerable.Range(0, RoomsClass.Count).Where(l => byLabel[l] >= NamedShare * raster.Triangle.Length).OrderByDescending(l => byLabel[l]))
        {
            string name = RoomsClass.Names[label];
            int most = 0;
            for (int k = 0; k < room.Objects.Count; k++)
                if (room.Objects[k].Class == label && byObject[k + 1] > most) (most, name) = (byObject[k + 1], room.Objects[k].Name);
            found.Add(((byte)label, name));
        }
        return found;
    }
}
