using System.Numerics.Tensors;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Fuse;

/// <summary>Features of the points that a view sees, in float16: <c>features.npy</c> (P, d), and <c>views.npy</c> (N), how many views see each point of the cloud.</summary>
internal sealed class FusedFeatures
{
    private const string FeaturesFile = "features.npy", ViewsFile = "views.npy";
    private readonly Half[] _values; // (P, d)

    public FusedFeatures(ushort[] views, int dimension, Half[] values)
    {
        (Views, Dimension, _values) = (views, dimension, values);
        Points = new int[views.Count(count => count > 0)];
        int next = 0;
        for (int p = 0; p < views.Length; p++)
            if (views[p] > 0) Points[next++] = p;
    }

    /// <summary>The points with a feature, ascending.</summary>
    public int[] Points { get; } // (P)

    public ushort[] Views { get; } // (N)

    public int Dimension { get; }

    /// <summary>Mean of the unit features of the views, not of unit length itself; row i is that of point <see cref="Points"/>[i].</summary>
    public void CopyTo(int row, Span<float> feature) => TensorPrimitives.ConvertToSingle(_values.AsSpan(row * Dimension, Dimension), feature);

    public void Save(StageResult result)
    {
        NpyWriter.Write<ushort>(result.PathOf(ViewsFile), Views);
        NpyWriter.Write<Half>(result.PathOf(FeaturesFile), _values, Points.Length, Dimension);
    }

    /// <exception cref="ArtefactException">A file is missing, damaged, or made for another cloud.</exception>
    public static FusedFeatures Load(StageResult result, int pointCount)
    {
        try
        {
            ushort[] views = NpyReader.Read<ushort>(result.PathOf(ViewsFile), pointCount).Data;
            NpyArray<Half> values = NpyReader.Read<Half>(result.PathOf(FeaturesFile), views.Count(count => count > 0), -1);
            return new FusedFeatures(views, values.Shape[1], values.Data);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }
}
