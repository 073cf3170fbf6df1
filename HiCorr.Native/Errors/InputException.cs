namespace HiCorr;

/// <summary>A file from outside is missing, damaged or does not fit (exit code 3).</summary>
/// <param name="file">The file, as the user would name it.</param>
/// <param name="where">Byte offset, line, field or element, for example "offset 128" or "field 'x'"; null for the whole file.</param>
/// <param name="expected">What a good file holds there.</param>
/// <param name="found">What this file holds there.</param>
/// <param name="hint">The way out, if there is one.</param>
public class InputException(string file, string? where, string expected, string found, string? hint = null, Exception? inner = null)
    : HiCorrException(Describe(file, where, expected, found, hint), inner)
{
    public string File { get; } = file;
    public string? Where { get; } = where;
    public string Expected { get; } = expected;
    public string Found { get; } = found;
    public string? Hint { get; } = hint;

    private static string Describe(string file, string? where, string expected, string found, string? hint) =>
        $"{file}{(where is null ? "" : ", " + where)}: expected {expected}, found {found}{(hint is null ? "" : ". " + hint)}";
}

/// <summary>A model pack, checkpoint or stage result is missing, damaged or does not fit (exit code 4).</summary>
public sealed class ArtefactException(string file, string? where, string expected, string found, string? hint = null, Exception? inner = null)
    : InputException(file, where, expected, found, hint, inner)
{
    /// <summary>The same message about a file that belongs to a model pack or stage result, read by a reader of inputs.</summary>
    public static ArtefactException From(InputException error) => new(error.File, error.Where, error.Expected, error.Found, error.Hint, error);
}
