using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Evaluation;

/// <summary>Translates labels of one class list into another by name, so that prediction and ground truth may order their classes differently.</summary>
public sealed class ClassMapping
{
    private readonly byte[] _target = new byte[256];

    /// <summary>Labels of <paramref name="from"/> whose name is not in <paramref name="to"/> become <see cref="ClassList.None"/>.</summary>
    public ClassMapping(ClassList from, ClassList to)
    {
        _target.AsSpan().Fill(ClassList.None);
        for (int i = 0; i < from.Count; i++)
        {
            int index = to.IndexOf(from.Names[i]);
            if (index >= 0) _target[i] = (byte)index;
        }
        Missing = [.. to.Names.Where(name => from.IndexOf(name) < 0)];
        Dropped = [.. from.Names.Where(name => to.IndexOf(name) < 0)];
    }

    /// <summary>Classes of the target list that no source label can become.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Classes of the source list whose labels become <see cref="ClassList.None"/>.</summary>
    public IReadOnlyList<string> Dropped { get; }

    public byte[] Apply(ReadOnlySpan<byte> labels)
    {
        byte[] mapped = new byte[labels.Length];
        for (int i = 0; i < mapped.Length; i++) mapped[i] = _target[labels[i]];
        return mapped;
    }
}
