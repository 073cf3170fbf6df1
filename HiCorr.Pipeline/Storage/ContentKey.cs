using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace HiCorr.Pipeline.Storage;

/// <summary>Collects what a result depends on into one short key: same key, same result.</summary>
public sealed class ContentKey
{
    private readonly XxHash128 _hash = new();

    public ContentKey Add(string name, string value)
    {
        _hash.Append(Encoding.UTF8.GetBytes($"{name.Length}:{name}={value.Length}:{value};"));
        return this;
    }

    public ContentKey Add(string name, IFormattable value) => Add(name, value.ToString(null, CultureInfo.InvariantCulture));

    public ContentKey Add(string name, bool value) => Add(name, value ? "true" : "false");

    /// <summary>Nothing where there is no value.</summary>
    public ContentKey AddOptional(string name, string? value) => value is null ? this : Add(name, value);

    /// <summary>Size and time of change stand for a source file's content, so that large recordings need not be read to see that they are unchanged.</summary>
    public ContentKey AddSource(string path)
    {
        var info = new FileInfo(path);
        return info.Exists ? Add(Path.GetFullPath(path), $"{info.Length}@{info.LastWriteTimeUtc.Ticks}") : Add(Path.GetFullPath(path), "absent");
    }

    /// <summary>The bytes of a file of a model pack or a network.</summary>
    /// <exception cref="ArtefactException">It cannot be read.</exception>
    public ContentKey AddContent(string path)
    {
        using FileStream stream = OpenArtefact(path);
        var content = new XxHash128();
        content.Append(stream);
        return Add(Path.GetFileName(path), Convert.ToHexStringLower(content.GetCurrentHash()));
    }

    private static FileStream OpenArtefact(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArtefactException(path, null, "a readable file", File.Exists(path) ? e.Message : "no such file", inner: e);
        }
    }

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(_hash.GetCurrentHash());
}
