namespace HiCorr.Pipeline.Segmentation;

/// <summary>Segment per point, numbered from 0 without gaps in the order in which points first name them.</summary>
public sealed record Segments(int[] Ids, int Count)
{
    /// <summary>Renumbers arbitrary ids, such as root vertices or those of a shipped file.</summary>
    public static Segments FromIds(ReadOnlySpan<int> ids)
    {
        var numbers = new Dictionary<int, int>();
        int[] renumbered = new int[ids.Length];
        for (int i = 0; i < renumbered.Length; i++)
        {
            if (!numbers.TryGetValue(ids[i], out int number)) numbers[ids[i]] = number = numbers.Count;
            renumbered[i] = number;
        }
        return new Segments(renumbered, numbers.Count);
    }
}
