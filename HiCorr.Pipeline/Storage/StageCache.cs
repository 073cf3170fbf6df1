namespace HiCorr.Pipeline.Storage;

/// <summary>Results of the stages: <c>root/stage/scene.key/</c>, complete once <c>done.json</c> lies inside.</summary>
public sealed class StageCache(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The folder of one result. Files inside are written with <see cref="AtomicFile"/>, <see cref="Complete"/> comes last.</summary>
    public StageResult Open(string stage, string item, ContentKey key) => new(Path.Combine(Root, stage, $"{item}.{key.ToString()[..16]}"), key.ToString());
}

/// <summary>One result's folder.</summary>
public sealed record StageResult(string Folder, string Key)
{
    private const string DoneFile = "done.json";

    public bool IsComplete => File.Exists(PathOf(DoneFile));

    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>Marks the result as complete; <paramref name="json"/> says what was made (counts, seconds).</summary>
    public void Complete(string json = "{}") => AtomicFile.WriteText(PathOf(DoneFile), json);

    public string ReadDone() => File.ReadAllText(PathOf(DoneFile));
}
