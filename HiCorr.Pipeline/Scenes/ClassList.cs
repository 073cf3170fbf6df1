namespace HiCorr.Pipeline.Scenes;

/// <summary>Class names by label index.</summary>
public sealed record ClassList(string Name, IReadOnlyList<string> Names)
{
    /// <summary>The label of a point or pixel without a class.</summary>
    public const byte None = 255;

    public int Count => Names.Count;

    /// <summary>Index of a name, letter case and surrounding blanks aside; -1 where it is not in the list.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Names.Count; i++)
            if (string.Equals(Names[i], name.Trim(), StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }
}
