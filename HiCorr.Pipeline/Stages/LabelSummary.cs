using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Stages;

/// <summary>What became of the labels, scene after scene: how they are spread over the classes, and how much the prediction changed.</summary>
/// <param name="classes">Of the run.</param>
/// <param name="system">What the prediction is called.</param>
public sealed class LabelSummary(ClassList classes, string system)
{
    private readonly long[] _projected = new long[classes.Count], _predicted = new long[classes.Count];
    private long _covered, _predictedPoints, _changed, _pairs, _pairsAgreeing, _pairsPredicted;

    public IReadOnlyList<string> Classes => classes.Names;

    public string System => system;

    public long Points { get; private set; }

    /// <summary>Share of points with a projected label.</summary>
    public double Coverage => Share(_covered, Points);

    /// <summary>Share of points with a predicted label: all, where a network predicts.</summary>
    public double PredictedCoverage => Share(_predictedPoints, Points);

    /// <summary>Of the points with a projected label, the share that the prediction labels otherwise.</summary>
    public double Changed => Share(_changed, _covered);

    /// <summary>Share of all (point, view) labels that agree with their point's projected majority.</summary>
    public double AgreementWithProjected => Share(_pairsAgreeing, _pairs);

    /// <summary>Share of all (point, view) labels that agree with the prediction.</summary>
    public double AgreementWithNetwork => Share(_pairsPredicted, _pairs);

    /// <summary>Share of the labelled points per class, before and after.</summary>
    public IReadOnlyList<double> ProjectedShares => [.. _projected.Select(count => Share(count, _covered))];

    public IReadOnlyList<double> PredictedShares => [.. _predicted.Select(count => Share(count, _predictedPoints))];

    public void Add(LabelPairs pairs, Prediction prediction)
    {
        byte[] projected = ViewVote.Compute(pairs.Points, pairs.Raw, prediction.Labels.Length).Labels;
        Points += projected.Length;
        for (int p = 0; p < projected.Length; p++)
        {
            if (prediction.Labels[p] != ClassList.None)
            {
                _predicted[prediction.Labels[p]]++;
                _predictedPoints++;
            }
            if (projected[p] == ClassList.None) continue;
            _covered++;
            _projected[projected[p]]++;
            if (projected[p] != prediction.Labels[p]) _changed++;
        }
        _pairs += pairs.Count;
        for (int i = 0; i < pairs.Count; i++)
        {
            if (pairs.Raw[i] == projected[pairs.Points[i]]) _pairsAgreeing++;
            if (pairs.Raw[i] == prediction.Labels[pairs.Points[i]]) _pairsPredicted++;
        }
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
