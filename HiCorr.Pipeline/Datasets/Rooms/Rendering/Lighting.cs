using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Rendering;

/// <summary>Ambient light, a ceiling lamp that casts shadows, light from one side, and sometimes a second lamp.</summary>
internal sealed class Lighting
{
    private const int ShadowSize = 384;
    private readonly float _ambient, _skyShare;
    private readonly Vector3 _tint, _sun, _sunColor;
    private readonly Vector3[] _lamps, _lampColors;
    private readonly Camera _shadowCamera;
    private Raster? _shadows;

    public Lighting(RoomRandom random, Vector3 size)
    {
        _ambient = random.Range(0.4f, 0.65f);
        _skyShare = random.Range(0.1f, 0.35f);
        _tint = Warmth(random);
        _sun = Vector3.Normalize(new Vector3(random.Range(-1, 1), random.Range(-1, 1), random.Range(0.2f, 1)));
        _sunColor = Warmth(random) * random.Range(0.1f, 0.4f);
        _lamps = new Vector3[1 + random.Int(2)];
        _lampColors = new Vector3[_lamps.Length];
        for (int i = 0; i < _lamps.Length; i++)
        {
            _lamps[i] = new Vector3(random.Range(0.2f, 0.8f) * size.X, random.Range(0.2f, 0.8f) * size.Y, size.Z - random.Range(0.05f, 0.4f));
            _lampColors[i] = Warmth(random) * random.Range(0.55f, 1.1f) / _lamps.Length;
        }
        _shadowCamera = Camera.LookAt(_lamps[0], _lamps[0] - Vector3.UnitZ, ShadowSize, ShadowSize, 2.5f);
    }

    public void CastShadows(ReadOnlySpan<Quad> quads)
    {
        _shadows = new Raster(ShadowSize, ShadowSize, 1);
        Rasterizer.Draw(quads, _shadowCamera, _shadows);
    }

    /// <summary>Light that a surface returns per unit of its own colour.</summary>
    public Vector3 At(Vector3 place, Vector3 normal)
    {
        Vector3 light = _tint * (_ambient * (1 - _skyShare + _skyShare * normal.Z));
        light += _sunColor * MathF.Max(0, Vector3.Dot(normal, _sun));
        for (int i = 0; i < _lamps.Length; i++)
        {
            Vector3 way = _lamps[i] - place;
            float squared = way.LengthSquared();
            float facing = Vector3.Dot(normal, way) / MathF.Sqrt(squared + 1e-6f);
            if (facing <= 0 || (i == 0 && InShadow(place))) continue;
            light += _lampColors[i] * (facing * 1.6f / (0.6f + 0.35f * squared));
        }
        return light;
    }

    private bool InShadow(Vector3 place)
    {
        if (_shadows is null) return false;
        Vector3 p = _shadowCamera.ToCamera(place);
        if (p.Z < 0.1f) return false;
        float x = p.X / p.Z * _shadowCamera.Focal + _shadowCamera.Cx, y = p.Y / p.Z * _shadowCamera.Focal + _shadowCamera.Cy;
        int column = (int)MathF.Round(x), row = (int)MathF.Round(y);
        if (column < 0 || row < 0 || column >= ShadowSize || row >= ShadowSize) return false;
        return _shadows.InverseDepth[row * ShadowSize + column] > 1 / MathF.Max(0.05f, p.Z - 0.05f);
    }

    private static Vector3 Warmth(RoomRandom random)
    {
        float warm = random.Range(-0.08f, 0.12f);
        return new Vector3(1 + warm, 1, 1 - warm);
    }
}
