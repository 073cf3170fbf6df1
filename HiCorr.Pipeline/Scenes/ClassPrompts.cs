namespace HiCorr.Pipeline.Scenes;

/// <summary>
/// What is looked for under a class's name. Of several prompts the one that a pixel fits best counts, as in OpenScene's 43 prompts of the 16 nuScenes classes;
/// synonyms are one prompt, the mean of their embeddings.
/// </summary>
/// <param name="Name">Of the class.</param>
/// <param name="Prompts">Of each the synonyms; the name itself where nothing else is said.</param>
public sealed record ClassPrompts(string Name, IReadOnlyList<IReadOnlyList<string>> Prompts)
{
    public bool IsNameAlone => Prompts is [[var only]] && only == Name;

    public static ClassPrompts OfName(string name) => new(name, [[name]]);

    /// <param name="line"><c>name</c>, or <c>name: prompt, prompt | synonym, ...</c></param>
    /// <param name="file">For the error.</param>
    /// <exception cref="InputException">The name, a prompt or a synonym is empty.</exception>
    public static ClassPrompts Parse(string line, string file)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return OfName(line.Trim());
        string name = line[..colon].Trim();
        IReadOnlyList<IReadOnlyList<string>> prompts = [.. line[(colon + 1)..].Split(',').Select(prompt => prompt.Split('|', StringSplitOptions.TrimEntries))];
        if (name.Length == 0 || prompts.Any(prompt => prompt.Any(phrase => phrase.Length == 0)))
            throw new InputException(file, $"line {Formats.Bytes.Show(line)}", "name: prompt, prompt | synonym, ...", "an empty one");
        return new ClassPrompts(name, prompts);
    }
}
