using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms.Layout;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>One thing in a room.</summary>
/// <param name="Name">What a person would call it.</param>
/// <param name="Front">Direction that its front looks in, on the floor plan.</param>
internal sealed record PlacedObject(byte Class, string Name, Footprint Footprint, Vector2 Front)
{
    public Vector3 Centre => new(Footprint.Centre.X, Footprint.Centre.Y, (Footprint.Low + Footprint.High) / 2);
}

/// <summary>A box-shaped room from (0, 0, 0) to <see cref="Size"/> with what stands in it.</summary>
internal sealed class Room
{
    private readonly List<Quad> _quads = [];
    private readonly List<Matrix4x4> _toObject = [];
    private Quad[]? _frozen;

    public Room(Vector3 size, RoomRandom random, bool ceiling = true)
    {
        Size = size;
        Material walls = Material.Of(Substance.Paint, random), floor = Material.Of(Substance.Flooring, random), above = Material.Of(Substance.Paint, random);
        var shell = new Shape(RoomsClass.Wall);
        Vector3 a = Vector3.Zero, b = new(size.X, 0, 0), c = new(size.X, size.Y, 0), d = new(0, size.Y, 0), up = new(0, 0, size.Z);
        shell.Flat(b, a, a + up, b + up, walls);
        shell.Flat(c, b, b + up, c + up, random.Chance(0.2f) ? Material.Of(Substance.Paint, random) : walls);
        shell.Flat(d, c, c + up, d + up, walls);
        shell.Flat(a, d, d + up, a + up, walls);
        shell.Label = RoomsClass.Floor;
        shell.Flat(a, b, c, d, floor);
        shell.Label = RoomsClass.None;
        if (ceiling) shell.Flat(d + up, c + up, b + up, a + up, above);
        _toObject.Add(Matrix4x4.Identity);
        _quads.AddRange(shell.Quads);
    }

    public Vector3 Size { get; }

    public List<PlacedObject> Objects { get; } = [];

    public Quad[] Quads => _frozen ??= [.. _quads];

    public Vector3 ToObject(int index, Vector3 place) => Vector3.Transform(place, _toObject[index]);

    /// <summary>Puts a shape's origin at a place, turned by <paramref name="yaw"/> around the vertical.</summary>
    public void Add(Shape shape, Vector3 origin, float yaw)
    {
        Matrix4x4 motion = Matrix4x4.CreateRotationZ(yaw) * Matrix4x4.CreateTranslation(origin);
        Matrix4x4.Invert(motion, out Matrix4x4 back);
        _toObject.Add(back);
        foreach (Quad quad in shape.Quads) _quads.Add(quad.Moved(motion, _toObject.Count - 1));
        Objects.Add(new PlacedObject(shape.Class, shape.Name, Footprint.Of(shape.Bounds(), origin, yaw), new Vector2(-MathF.Sin(yaw), MathF.Cos(yaw))));
        _frozen = null;
    }
}
