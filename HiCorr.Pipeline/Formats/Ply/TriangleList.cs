namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Collects triangles and checks that their corners exist.</summary>
internal sealed class TriangleList(int expected, int vertices, string name)
{
    private int[] _corners = new int[Math.Min(3L * expected, Array.MaxLength)]; // (F, 3)
    private int _length;

    public void Add(int a, int b, int c, int face)
    {
        // One comparison each: negative numbers become large ones.
        if ((uint)a >= (uint)vertices || (uint)b >= (uint)vertices || (uint)c >= (uint)vertices) Refuse([a, b, c], face);
        if (_length + 3 > _corners.Length) Array.Resize(ref _corners, Math.Max(_corners.Length * 2, 48));
        _corners[_length] = a;
        _corners[_length + 1] = b;
        _corners[_length + 2] = c;
        _length += 3;
    }

    /// <summary>A polygon as a fan around its first corner; fewer than three corners span nothing.</summary>
    public void AddPolygon(ReadOnlySpan<int> polygon, int face)
    {
        if (polygon.Length < 3) Refuse(polygon, face);
        for (int i = 2; i < polygon.Length; i++) Add(polygon[0], polygon[i - 1], polygon[i], face);
    }

    public int[] ToArray() => _length == _corners.Length ? _corners : _corners[.._length];

    private void Refuse(ReadOnlySpan<int> polygon, int face)
    {
        foreach (int corner in polygon)
            if ((uint)corner >= (uint)vertices)
                throw new InputException(name, $"face {face}", $"vertex indices from 0 to {vertices - 1}", corner == -1 ? "an index that is negative or too large" : $"{corner}");
    }
}
