using System.Buffers;
using System.Globalization;
using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Scenes;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>Reads PLY files: ascii and both binary encodings, properties of any type in any order.</summary>
/// <exception cref="InputException">The file is missing, truncated or damaged, or lacks what is asked for.</exception>
public static class PlyReader
{
    public static PlyFile Read(string path)
    {
        using SafeFileHandle handle = InputFile.Open(path, FileOptions.SequentialScan);
        long length = InputFile.Length(handle, path);
        if (length > Array.MaxLength) throw new InputException(path, null, $"at most {Array.MaxLength} bytes", $"{length} bytes");
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            InputFile.ReadExactly(handle, bytes.AsSpan(0, (int)length), 0, path);
            return Parse(bytes.AsSpan(0, (int)length), path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Reads a file that is already in memory; <paramref name="name"/> is what error messages call it.</summary>
    public static PlyFile Parse(ReadOnlySpan<byte> file, string name)
    {
        PlyHeader header = PlyHeader.Parse(file, name);
        var binary = new PlyBinary(file, header.DataOffset, header.Format == PlyFormat.BinaryBigEndian, name);
        var ascii = new PlyAscii(file, header.DataOffset, name);
        bool isAscii = header.Format == PlyFormat.Ascii;
        List<PlyColumn>? columns = null;
        int[] faces = [];
        foreach (PlyElement element in header.Elements)
        {
            PlyProperty? list = element.Properties.Find(p => p.IsList && p.Name is "vertex_indices" or "vertex_index");
            if (element.Name == "vertex" && columns is null)
            {
                if (element.HasLists) throw new InputException(name, "element 'vertex'", "vertices without lists", "a list property");
                columns = isAscii ? ascii.ReadColumns(element) : binary.ReadColumns(element);
            }
            else if (element.Name == "face" && list is not null && columns is not null)
            {
                int vertices = columns.Count == 0 ? 0 : columns[0].Values.Length;
                faces = isAscii ? ascii.ReadFaces(element, list, vertices) : binary.ReadFaces(element, list, vertices);
            }
            else if (isAscii) ascii.Skip(element);
            else binary.Skip(element);
        }
        if (columns is null) throw new InputException(name, "header", "an element 'vertex'", "none");
        return new PlyFile(name, columns.Count == 0 ? 0 : columns[0].Values.Length, columns, faces);
    }

    /// <summary>Positions, colours (black where the file has none), normals (the file's own, or else those of its faces) and faces.</summary>
    /// <exception cref="InputException">There are no positions, or one is not finite.</exception>
    public static PointCloud ReadCloud(string path) => ToCloud(Read(path));

    /// <summary>See <see cref="ReadCloud"/>.</summary>
    public static PointCloud ToCloud(PlyFile file)
    {
        float[] positions = ToPositions(file);
        byte[] colors = file.Colors is var (red, green, blue) ? Interleave(red.ToColors(), green.ToColors(), blue.ToColors()) : new byte[positions.Length];
        float[] normals = file.Find("nx") is { } nx && file.Find("ny") is { } ny && file.Find("nz") is { } nz
            ? Normals.Normalize(Interleave(nx.ToFloats(), ny.ToFloats(), nz.ToFloats()))
            : Normals.OfMesh(positions, file.Faces);
        return new PointCloud { Source = file.Path, Positions = positions, Colors = colors, Normals = normals, Faces = file.Faces };
    }

    /// <summary>x y z per vertex. (N, 3)</summary>
    /// <exception cref="InputException">There are no positions, or one is not finite.</exception>
    public static float[] ToPositions(PlyFile file)
    {
        float[] positions = Interleave(file.Require("x").ToFloats(), file.Require("y").ToFloats(), file.Require("z").ToFloats());
        for (int i = 0; i < positions.Length; i++)
            if (!float.IsFinite(positions[i]))
                throw new InputException(file.Path, $"vertex {i / 3}, property '{"xyz"[i % 3]}'", "a finite number", positions[i].ToString(CultureInfo.InvariantCulture));
        return positions;
    }

    private static T[] Interleave<T>(T[] a, T[] b, T[] c)
    {
        var all = new T[a.Length * 3];
        for (int i = 0, o = 0; i < a.Length; i++, o += 3)
        {
            all[o] = a[i];
            all[o + 1] = b[i];
            all[o + 2] = c[i];
        }
        return all;
    }
}
