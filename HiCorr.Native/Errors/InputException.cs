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

    private static string Describe(string file, string? where, string expected, string found, string? hint) =>
        $"{file}{(where is null ? "" : ", " + where)}: expected {expected}, found {found}{(hint is null ? "" : ". " + hint)}";
}

/// <summary>A model pack, checkpoint or stage result is missing, damaged or does not fit (exit code 4).</summary>
public sealed class ArtefactException(string file, string? where, string expected, string found, string? hint = null, Exception? inner = null)
    : InputException(file, where, expected, found, hint, inner);
