using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>A procedural solid texture: colour as a function of the place in its object. All classes draw from one distribution.</summary>
internal sealed class Material
{
    private enum Pattern { Plain, Noise, Stripes, Checks, Wood, Speckle }

    private readonly Pattern _pattern;
    private readonly Vector3 _first, _second;
    private readonly Vector3 _axis, _cross, _along, _offset;
    private readonly float _scale, _duty;
    private readonly uint _salt;

    private Material(RoomRandom random)
    {
        float kind = random.Unit();
        _pattern = kind < 0.34f ? Pattern.Plain : kind < 0.5f ? Pattern.Noise : kind < 0.62f ? Pattern.Stripes
            : kind < 0.7f ? Pattern.Checks : kind < 0.88f ? Pattern.Wood : Pattern.Speckle;
        _first = RandomColor(random);
        _second = random.Chance(0.75f) ? Vector3.Clamp(_first * random.Range(0.65f, 1.35f), Vector3.Zero, Vector3.One) : RandomColor(random);
        int axis = random.Int(3);
        _axis = axis == 0 ? Vector3.UnitX : axis == 1 ? Vector3.UnitY : Vector3.UnitZ;
        if (random.Chance(0.15f)) _axis = Vector3.Normalize(new Vector3(random.Range(-1, 1), random.Range(-1, 1), random.Range(-1, 1)) + _axis);
        _cross = Vector3.Normalize(Vector3.Cross(_axis, MathF.Abs(_axis.Z) < 0.9f ? Vector3.UnitZ : Vector3.UnitX));
        _along = Vector3.Cross(_axis, _cross);
        _scale = 1 / MathF.Exp(random.Range(MathF.Log(0.04f), MathF.Log(0.4f)));
        _duty = random.Range(0.25f, 0.75f);
        _salt = (uint)random.Next();
        // Walls lie at whole coordinates; without a shift, cells would change sides there from one rounding to the next.
        _offset = random.InCube(0.5f) + new Vector3(0.0137f);
    }

    public static Material Random(RoomRandom random) => new(random);

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
            default:
                return _first;
        }
    }

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
