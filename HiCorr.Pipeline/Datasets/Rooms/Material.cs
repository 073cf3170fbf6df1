using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>
/// A procedural solid texture: colour as a function of the place in its object. Patterns lean to what the thing is made of, as in real rooms: wood
/// has grain, floors have boards or tiles. But a quarter of all things have any pattern, and colours come from one distribution whatever the thing.
/// </summary>
internal sealed class Material
{
    /// <summary>Share of materials whose pattern has nothing to do with their substance.</summary>
    private const float AnyPattern = 0.25f;

    private enum Pattern { Plain, Noise, Stripes, Checks, Wood, Speckle, Planks, Tiles, Weave }

    private readonly Pattern _pattern;
    private readonly Vector3 _first, _second;
    private readonly Vector3 _axis, _cross, _along, _offset;
    private readonly float _scale, _duty;
    private readonly uint _salt;

    private Material(Substance substance, RoomRandom random)
    {
        _pattern = Draw(random.Chance(AnyPattern) ? Substance.Print : substance, random.Unit());
        _first = RandomColor(random);
        // Most second colours are a shade of the first; those of boards and tiles always.
        _second = random.Chance(0.75f) || _pattern is Pattern.Planks or Pattern.Tiles
            ? Vector3.Clamp(_first * random.Range(0.65f, 1.35f), Vector3.Zero, Vector3.One)
            : RandomColor(random);
        int axis = random.Int(_pattern is Pattern.Planks or Pattern.Tiles ? 2 : 3);
        _axis = axis == 0 ? Vector3.UnitX : axis == 1 ? Vector3.UnitY : Vector3.UnitZ;
        if (random.Chance(0.15f)) _axis = Vector3.Normalize(new Vector3(random.Range(-1, 1), random.Range(-1, 1), random.Range(-1, 1)) + _axis);
        _cross = Vector3.Normalize(Vector3.Cross(_axis, MathF.Abs(_axis.Z) < 0.9f ? Vector3.UnitZ : Vector3.UnitX));
        _along = Vector3.Cross(_axis, _cross);
        (float low, float high) = _pattern switch
        {
            Pattern.Planks => (0.07f, 0.2f),
            Pattern.Tiles => (0.12f, 0.5f),
            Pattern.Weave => (0.03f, 0.08f),
            _ => (0.04f, 0.4f),
        };
        _scale = 1 / MathF.Exp(random.Range(MathF.Log(low), MathF.Log(high)));
        _duty = random.Range(0.25f, 0.75f);
        _salt = (uint)random.Next();
        // Walls lie at whole coordinates; without a shift, cells would change sides there from one rounding to the next.
        _offset = random.InCube(0.5f) + new Vector3(0.0137f);
    }

    public static Material Of(Substance substance, RoomRandom random) => new(substance, random);

    /// <summary>One colour everywhere.</summary>
    public bool IsPlain => _pattern == Pattern.Plain;

    /// <summary>Colour in 0..1 at a place in the object's own coordinates (metres).</summary>
    public Vector3 Sample(Vector3 place)
    {
        place += _offset;
        switch (_pattern)
        {
            case Pattern.Noise:
                return Vector3.Lerp(_first, _second, 0.65f * ValueNoise(place * _scale) + 0.35f * ValueNoise(place * (_scale * 2.7f)));
            case Pattern.Stripes:
                return Fraction(Vector3.Dot(place, _axis) * _scale) < _duty ? _first : _second;
            case Pattern.Checks:
                int cell = (int)MathF.Floor(Vector3.Dot(place, _axis) * _scale) + (int)MathF.Floor(Vector3.Dot(place, _cross) * _scale)
                    + (int)MathF.Floor(Vector3.Dot(place, _along) * _scale + 0.25f);
                return (cell & 1) == 0 ? _first : _second;
            case Pattern.Wood:
                // Long cells along the axis, bent a little, as grain is.
                float bend = ValueNoise(new Vector3(Vector3.Dot(place, _axis) * 1.5f, Vector3.Dot(place, _cross) * 12, Vector3.Dot(place, _along) * 12));
                float ring = Fraction((Vector3.Dot(place, _cross) + 0.7f * Vector3.Dot(place, _along)) * _scale * 1.6f + bend * 1.3f);
                return Vector3.Lerp(_first, _first * 0.55f + _second * 0.2f, 0.7f * ring * ring + 0.3f * bend);
            case Pattern.Speckle:
                return ValueNoise(place * 55) > 0.55f + 0.25f * _duty ? _second : _first;
            case Pattern.Planks:
                float across = Vector3.Dot(place, _cross) * _scale, board = MathF.Floor(across);
                float length = Vector3.Dot(place, _axis) * _scale * 0.12f + Chance(board, 0);
                return Board(across, length, 0.05f, 0.006f, Chance(board, MathF.Floor(length)));
            case Pattern.Tiles:
                float u = Vector3.Dot(place, _axis) * _scale, v = Vector3.Dot(place, _cross) * _scale;
                return Board(u, v, 0.04f, 0.04f, Chance(MathF.Floor(u), MathF.Floor(v)));
            case Pattern.Weave:
                float warp = Vector3.Dot(place, _axis) * _scale, weft = (Vector3.Dot(place, _cross) + Vector3.Dot(place, _along)) * _scale;
                bool over = (((int)MathF.Floor(warp) + (int)MathF.Floor(weft)) & 1) == 0;
                float thread = MathF.Abs(2 * Fraction(over ? warp : weft) - 1);
                return (over ? _first : _second) * (1 - 0.45f * thread * thread);
            default:
                return _first;
        }
    }

    private static Pattern Draw(Substance substance, float unit)
    {
        ReadOnlySpan<(Pattern Pattern, float Share)> shares = substance switch
        {
            Substance.Paint => [(Pattern.Plain, 0.7f), (Pattern.Noise, 0.15f), (Pattern.Stripes, 0.15f)],
            Substance.Flooring => [(Pattern.Planks, 0.5f), (Pattern.Tiles, 0.35f), (Pattern.Noise, 0.15f)],
            Substance.Wood => [(Pattern.Wood, 0.75f), (Pattern.Plain, 0.25f)],
            Substance.Fabric => [(Pattern.Weave, 0.6f), (Pattern.Checks, 0.15f), (Pattern.Stripes, 0.15f), (Pattern.Plain, 0.1f)],
            Substance.Stone => [(Pattern.Speckle, 0.8f), (Pattern.Noise, 0.2f)],
            Substance.Ceramic or Substance.Metal => [(Pattern.Plain, 1)],
            Substance.Lacquer => [(Pattern.Plain, 0.75f), (Pattern.Noise, 0.25f)],
            Substance.Leaf => [(Pattern.Noise, 0.7f), (Pattern.Plain, 0.3f)],
            _ => [(Pattern.Plain, 0.34f), (Pattern.Noise, 0.16f), (Pattern.Stripes, 0.12f), (Pattern.Checks, 0.08f), (Pattern.Wood, 0.18f), (Pattern.Speckle, 0.12f)],
        };
        foreach ((Pattern pattern, float share) in shares)
            if ((unit -= share) < 0) return pattern;
        return shares[0].Pattern;
    }

    /// <summary>A board or tile of its own shade with dark joints, whose halves have the given widths.</summary>
    private Vector3 Board(float u, float v, float jointU, float jointV, float shade)
    {
        float du = Fraction(u), dv = Fraction(v);
        bool joint = du < jointU || du > 1 - jointU || dv < jointV || dv > 1 - jointV;
        return Vector3.Lerp(_first, _second, shade) * (joint ? 0.45f : 1);
    }

    /// <summary>A fixed random number in [0, 1) of a cell.</summary>
    private float Chance(float i, float j) => Corner((int)i, (int)j, 7);

    private static Vector3 RandomColor(RoomRandom random)
    {
        float hue = random.Unit() * 6, saturation = MathF.Pow(random.Unit(), 1.5f) * 0.85f, value = random.Range(0.22f, 0.97f);
        var pure = new Vector3(
            Math.Clamp(MathF.Abs(hue - 3) - 1, 0, 1), Math.Clamp(2 - MathF.Abs(hue - 2), 0, 1), Math.Clamp(2 - MathF.Abs(hue - 4), 0, 1));
        return value * Vector3.Lerp(Vector3.One, pure, saturation);
    }

    private float ValueNoise(Vector3 place)
    {
        int x = (int)MathF.Floor(place.X), y = (int)MathF.Floor(place.Y), z = (int)MathF.Floor(place.Z);
        float fx = Smooth(place.X - x), fy = Smooth(place.Y - y), fz = Smooth(place.Z - z);
        float low = Mix(Mix(Corner(x, y, z), Corner(x + 1, y, z), fx), Mix(Corner(x, y + 1, z), Corner(x + 1, y + 1, z), fx), fy);
        float high = Mix(Mix(Corner(x, y, z + 1), Corner(x + 1, y, z + 1), fx), Mix(Corner(x, y + 1, z + 1), Corner(x + 1, y + 1, z + 1), fx), fy);
        return Mix(low, high, fz);
    }

    private float Corner(int x, int y, int z)
    {
        uint h = _salt ^ ((uint)x * 0x8DA6B343u) ^ ((uint)y * 0xD8163841u) ^ ((uint)z * 0xCB1AB31Fu);
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return ((h ^ (h >> 15)) >> 8) * (1f / (1 << 24));
    }

    private static float Mix(float a, float b, float t) => a + (b - a) * t;

    private static float Smooth(float t) => t * t * (3 - 2 * t);

    private static float Fraction(float t) => t - MathF.Floor(t);
}
