using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CosineLoss;
using HiCorr.Native.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Directions that voxel rows shall take: entries (row r_i, unit feature t_i), several of a row allowed, kept as their sum. With n entries in all, n_r of
/// them and S_r = Σ t_i those of row r,
///   1/n Σ_i (1 - cos(f_{r_i}, t_i)) = 1/n Σ_r (n_r - |S_r| cos(f_r, S_r)) = 1/n Σ_r |S_r| (1 - cos(f_r, S_r)) + 1/n Σ_r (n_r - |S_r|),
/// so that the loss over all points or pixels of a voxel costs one row. A feature of zeros has no direction; its cosine counts as 0.
/// </summary>
internal sealed class RowTargets : IDisposable
{
    private readonly int[] _placeOf; // per entry, its row's place in Rows
    private readonly Tensor _sums; // (R, d), on the host

    /// <param name="voxels">Rows that there are.</param>
    /// <param name="rows">Row of each entry.</param>
    public RowTargets(Device device, int voxels, int dimension, ReadOnlySpan<int> rows)
    {
        int[] place = new int[voxels]; // from 1
        foreach (int row in rows) place[row] = 1;
        int count = 0;
        for (int row = 0; row < voxels; row++)
            if (place[row] > 0) place[row] = ++count;
        Rows = new int[count];
        for (int row = 0; row < voxels; row++)
            if (place[row] > 0) Rows[place[row] - 1] = row;
        _placeOf = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++) _placeOf[i] = place[rows[i]] - 1;
        _sums = device.Host.Memory.RentZeros(count, dimension);
    }

    /// <summary>Rows with an entry, ascending.</summary>
    public int[] Rows { get; } // (R)

    /// <summary>Entries.</summary>
    public int Count => _placeOf.Length;

    public void Add(int entry, ReadOnlySpan<float> direction)
    {
        Span<float> sum = _sums.Row(_placeOf[entry]);
        TensorPrimitives.Add(sum, direction, sum);
    }

    /// <summary>The loss of the rows' features, (R, d), whose place the gradient takes.</summary>
    /// <param name="weight">The gradient is multiplied by it, the returned loss is not.</param>
    public double Loss(Device device, Tensor features, float weight)
    {
        if (Count == 0) return 0;
        float[] weights = new float[Rows.Length];
        double constant = Count;
        for (int r = 0; r < weights.Length; r++)
        {
            float length = TensorPrimitives.Norm<float>(_sums.Row(r));
            weights[r] = length / Count;
            constant -= length;
        }
        using Tensor? copy = device == device.Host ? null : device.Memory.Rent(_sums.Rows, _sums.Columns);
        copy?.CopyFrom(_sums);
        return CosineLoss.WeightedSum(device, features, copy ?? _sums, weights, features, weight) + constant / Count;
    }

    public void Dispose() => _sums.Dispose();
}
