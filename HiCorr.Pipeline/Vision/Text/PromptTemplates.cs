using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>Sentences with a place, <c>{}</c>, for a class's name; a class's embedding is the mean over them.</summary>
internal static class PromptTemplates
{
    private const string Option = "model.templates", Place = "{}";

    /// <summary>What a pack without templates of its own gets.</summary>
    private const string DefaultName = "maskclip";

    private static string ShippedFolder => Path.Combine(AppContext.BaseDirectory, "models", "prompts");

    /// <param name="option">A name of those that HiCorr ships, or a file with one a line; empty for the pack's own, or the default.</param>
    /// <param name="pack">Whose file comes first where the option is empty.</param>
    /// <exception cref="ConfigurationException">There is no such name or file.</exception>
    /// <exception cref="InputException">A line of the file is no template, or it has none.</exception>
    public static IReadOnlyList<string> Resolve(string option, ModelPack pack)
    {
        bool isPacks = option.Length == 0 && pack.Manifest.Text?.Templates is not null;
        string shipped = Path.Combine(ShippedFolder, (option.Length == 0 ? DefaultName : option) + ".txt");
        string file = isPacks ? Path.Combine(pack.Folder, pack.Manifest.Text!.Templates!) : File.Exists(shipped) ? shipped : option;
        if (!isPacks && !File.Exists(file))
            throw new ConfigurationException(Option, $"there are no templates '{option}'", Suggestion.For(option, Directory.GetFiles(ShippedFolder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)));
        try
        {
            return Read(file);
        }
        catch (InputException error) when (isPacks && error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }

    private static IReadOnlyList<string> Read(string file)
    {
        IReadOnlyList<string> templates = ClassLists.Lines(InputFile.ReadText(file));
        if (templates.Count == 0) throw new InputException(file, null, "a prompt template a line", "none");
        foreach (string template in templates)
        {
            int places = template.Split(Place).Length - 1;
            if (places != 1) throw new InputException(file, $"template {Bytes.Show(template)}", $"one place {Place} for the class", $"{places}");
        }
        return templates;
    }

    public static string Fill(string template, string phrase) => template.Replace(Place, phrase, StringComparison.Ordinal);
}
