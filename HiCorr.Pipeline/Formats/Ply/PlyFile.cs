namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>The vertices and faces of a PLY file; other elements are passed over.</summary>
/// <param name="Path">Where it came from, for error messages.</param>
/// <param name="VertexCount">Number of vertices.</param>
/// <param name="Columns">One per vertex property, in the file's order.</param>
/// <param name="Faces">Three vertex indices per triangle; empty without faces. (F, 3)</param>
public sealed record PlyFile(string Path, int VertexCount, IReadOnlyList<PlyColumn> Columns, int[] Faces)
{
    /// <summary>Red, green and blue of the vertices, by the names that are in use; null where one is missing.</summary>
    public (PlyColumn Red, PlyColumn Green, PlyColumn Blue)? Colors =>
        Find("red", "r", "diffuse_red") is { } red && Find("green", "g", "diffuse_green") is { } green && Find("blue", "b", "diffuse_blue") is { } blue
            ? (red, green, blue) : null;

    /// <summary>The first column with one of these names; null where there is none.</summary>
    public PlyColumn? Find(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            foreach (PlyColumn column in Columns)
                if (column.Name == name) return column;
        return null;
    }

    /// <summary>A column that must be there.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public PlyColumn Require(string name) => Find(name) ?? throw new InputException(
        Path, "element 'vertex'", $"a property '{name}'", Columns.Count == 0 ? "no vertex properties" : string.Join(", ", Columns.Select(c => c.Name)));
}
