namespace HiCorr.Pipeline.Config;

/// <summary>"Did you mean" for anything the user types by name.</summary>
public static class Suggestion
{
    /// <summary>A sentence with the nearest known name; the whole list where none is near and the list is short.</summary>
    public static string? For(string typed, IEnumerable<string> known)
    {
        string[] names = [.. known];
        if (Nearest(typed, names) is { } nearest) return $"Did you mean '{nearest}'?";
        return names.Length is > 0 and <= 40 ? $"Known: {string.Join(", ", names)}" : null;
    }

    /// <summary>The known name that differs in few letters; null where none does.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(name => Distance(typed.ToLowerInvariant(), name.ToLowerInvariant()));
        return nearest is not null && Distance(typed.ToLowerInvariant(), nearest.ToLowerInvariant()) <= Math.Max(2, nearest.Length / 3) ? nearest : null;
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
