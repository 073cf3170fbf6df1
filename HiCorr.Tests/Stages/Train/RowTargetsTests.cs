using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Tests.Native;

namespace HiCorr.Tests.Stages.Train;

public sealed class RowTargetsTests : IDisposable
{
    private const int Width = 5;

    /// <summary>Rows 1 and 4 have several entries, whose directions differ.</summary>
    private static readonly int[] s_rows = [4, 1, 4, 6, 1, 4];

    private readonly CpuDevice _device = new(1);
    private readonly float[] _directions = Numbers.Normal(s_rows.Length * Width, 1);

    public RowTargetsTests()
    {
        for (int i = 0; i < s_rows.Length; i++)
        {
            Span<float> direction = _directions.AsSpan(i * Width, Width);
            float length = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(direction));
            for (int c = 0; c < Width; c++) direction[c] /= length;
        }
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Loss_is_the_mean_over_all_entries_and_the_gradient_its_slope()
    {
        using RowTargets targets = Targets();
        Assert.Equal([1, 4, 6], targets.Rows);
        float[] features = Numbers.Normal(3 * Width, 2);
        using Tensor rows = FilledTensor.Of(_device, features, 3, Width);

        double loss = targets.Loss(_device, rows, weight: 0.5f);

        Assert.Equal(Direct(), loss, 1e-6);
        for (int i = 0; i < features.Length; i++) Assert.Equal(0.5 * Numbers.Slope(Direct, features, i, 1e-3f), rows.Span[i], 1e-5);

        double Direct()
        {
            double sum = 0;
            for (int entry = 0; entry < s_rows.Length; entry++)
            {
                double product = 0, squares = 0;
                for (int c = 0; c < Width; c++)
                {
                    double value = features[Array.IndexOf(targets.Rows, s_rows[entry]) * Width + c];
                    product += value * _directions[entry * Width + c];
                    squares += value * value;
                }
                sum += 1 - product / Math.Sqrt(squares);
            }
            return sum / s_rows.Length;
        }
    }

    [Fact]
    public void An_entry_without_direction_counts_one()
    {
        using var targets = new RowTargets(_device, 2, Width, [0]);
        using Tensor rows = FilledTensor.Of(_device, Numbers.Normal(Width, 2), 1, Width);

        Assert.Equal(1, targets.Loss(_device, rows, 1));

        Assert.All(rows.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void No_entries_are_no_loss()
    {
        using var targets = new RowTargets(_device, 2, Width, []);
        using Tensor none = _device.Memory.Rent(0, Width);

        Assert.Equal(0, targets.Loss(_device, none, 1));
    }

    private RowTargets Targets()
    {
        var targets = new RowTargets(_device, 8, Width, s_rows);
        for (int i = 0; i < s_rows.Length; i++) targets.Add(i, _directions.AsSpan(i * Width, Width));
        return targets;
    }
}
