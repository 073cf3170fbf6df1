using System.Runtime.InteropServices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>Collects the <see cref="SampledPoints"/> of a batch, scene by scene.</summary>
internal sealed class SampleBuilder(VoxelInput input, double voxelSize)
{
    private readonly List<int> _rows = [];
    private readonly List<int> _lengths = [];
    private readonly List<int> _labelledPlaces = [];
    private readonly List<int> _labels = [];

    /// <param name="item">The scene's place in the batch.</param>
    /// <param name="sampled">Its sampled points.</param>
    /// <param name="pointCount">All of its points.</param>
    /// <param name="labelled">Point of each drawn pair.</param>
    /// <param name="labels">Label of each drawn pair.</param>
    public void Add(int item, ReadOnlySpan<int> sampled, int pointCount, List<int> labelled, List<byte> labels)
    {
        int[] placeOf = new int[pointCount]; // from 1
        foreach (int point in sampled)
        {
            _rows.Add(input.RowOf(item, point));
            placeOf[point] = _rows.Count;
        }
        _lengths.Add(sampled.Length);
        for (int i = 0; i < labelled.Count; i++)
        {
            if (placeOf[labelled[i]] == 0) continue;
            _labelledPlaces.Add(placeOf[labelled[i]] - 1);
            _labels.Add(labels[i]);
        }
    }

    public SampledPoints Build(int classes)
    {
        float[] positions = new float[3 * _rows.Count];
        for (int i = 0; i < _rows.Count; i++)
        {
            (_, int x, int y, int z) = input.Voxels[0][_rows[i]];
            (positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]) = ((float)(x * voxelSize), (float)(y * voxelSize), (float)(z * voxelSize));
        }
        var labels = RowLabels.FromPairs(_rows.Count, CollectionsMarshal.AsSpan(_labelledPlaces), CollectionsMarshal.AsSpan(_labels), classes);
        return new SampledPoints([.. _rows], labels, RowSegments.FromLengths(CollectionsMarshal.AsSpan(_lengths)), positions);
    }
}
