using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// Scores of every cell of a feature map: score_c = scale · (f · e_c + bias_c), with f of unit length first where the pack says so; of a class with
/// several prompts the best one's.
/// The result lies cell by cell with the classes side by side, padded to whole vectors with <see cref="Nothing"/>.
/// </summary>
internal sealed class ClassScorer
{
    /// <summary>The score of the lanes beyond the last class: no softmax feels it, and interpolating it stays finite.</summary>
    public const float Nothing = -1e30f;

    private const int Lanes = 8;
    private const int BlockCells = 64;

    private readonly ClassSelection? _prompts; // whose classes have several rows; null where each has one
    private readonly int _dimension;
    private readonly int _rowWidth; // rows of the embeddings, in whole vectors: Width, or more where classes have several prompts
    private readonly bool _normalize;
    private readonly float _scale;
    private readonly float[] _columns; // (_rowWidth / 8, d, 8): the embeddings, one vector of rows after the other
    private readonly float[] _bias; // (_rowWidth)

    public ClassScorer(ClassSelection classes, int dimension, bool normalizeFeatures, float scale)
        : this(classes.LabelRows, classes.Bias, classes.LabelRows.Length / dimension, dimension, normalizeFeatures, scale)
    {
        if (classes.LabelClasses is not null) _prompts = classes;
        Width = InWholeVectors(classes.Classes.Count);
    }

    /// <param name="embeddings">(count, dimension), a row per class.</param>
    /// <param name="bias">(count); null for none.</param>
    public ClassScorer(float[] embeddings, float[]? bias, int count, int dimension, bool normalizeFeatures, float scale)
    {
        (_dimension, _normalize, _scale) = (dimension, normalizeFeatures, scale);
        Width = _rowWidth = InWholeVectors(count);
        _columns = new float[_rowWidth * dimension];
        _bias = new float[_rowWidth];
        for (int c = 0; c < _rowWidth; c++)
        {
            _bias[c] = c >= count ? Nothing : bias is null ? 0 : scale * bias[c];
            for (int k = 0; k < dimension && c < count; k++)
                _columns[(c / Lanes * dimension + k) * Lanes + c % Lanes] = embeddings[c * dimension + k];
        }
    }

    /// <summary>Floats per cell of the result.</summary>
    public int Width { get; }

    /// <param name="features">[d, cells], plane by plane.</param>
    /// <param name="cells">Cells of the map.</param>
    /// <param name="scores">[cells, Width].</param>
    public unsafe void Score(ReadOnlySpan<float> features, int cells, Span<float> scores)
    {
        if (features.Length != _dimension * cells || scores.Length != cells * Width) throw new ArgumentException("sizes of features and scores do not fit");
        fixed (float* source = features, target = scores)
        {
            nint from = (nint)source, to = (nint)target; // pointers cannot be captured
            Parallel.For(0, (cells + BlockCells - 1) / BlockCells, block =>
            {
                int first = block * BlockCells;
                ScoreBlock((float*)from + first, cells, Math.Min(BlockCells, cells - first), (float*)to + (long)first * Width);
            });
        }
    }

    private static int InWholeVectors(int count) => (count + Lanes - 1) / Lanes * Lanes;

    private unsafe void ScoreBlock(float* features, int stride, int cells, float* scores)
    {
        // Planes lie far apart, all in the same cache set: a packed copy of the block is what the inner loop can stream.
        float[] packed = System.Buffers.ArrayPool<float>.Shared.Rent(_dimension * BlockCells);
        Span<float> factors = stackalloc float[BlockCells];
        factors.Clear();
        for (int k = 0; k < _dimension; k++)
        {
            Span<float> row = packed.AsSpan(k * BlockCells, BlockCells);
            new ReadOnlySpan<float>(features + (long)k * stride, cells).CopyTo(row);
            row[cells..].Clear();
            if (_normalize)
                for (int i = 0; i < BlockCells; i++) factors[i] += row[i] * row[i];
        }
        // A feature of all zeros has no direction; it scores 0 everywhere instead of NaN.
        for (int i = 0; i < BlockCells; i++) factors[i] = _normalize ? _scale / MathF.Max(MathF.Sqrt(factors[i]), 1e-12f) : _scale;

        float[]? rows = _prompts is null ? null : System.Buffers.ArrayPool<float>.Shared.Rent(cells * _rowWidth);
        fixed (float* block = packed, columns = _columns, bias = _bias, factor = factors, prompts = rows)
        {
            float* target = rows is null ? scores : prompts;
            for (int v = 0; v < _rowWidth / Lanes; v++)
                for (int cell = 0; cell < cells; cell += Lanes)
                    ScoreTile(block + cell, columns + (long)v * _dimension * Lanes, factor + cell, Vector256.Load(bias + v * Lanes), Math.Min(Lanes, cells - cell), target + (long)cell * _rowWidth + v * Lanes);
        }
        System.Buffers.ArrayPool<float>.Shared.Return(packed);
        if (rows is null) return;
        for (int cell = 0; cell < cells; cell++) _prompts!.TakeBest(rows.AsSpan(cell * _rowWidth, _rowWidth), new Span<float>(scores + (long)cell * Width, Width));
        System.Buffers.ArrayPool<float>.Shared.Return(rows);
    }

    /// <summary>Eight cells times eight rows of embeddings, a register per cell.</summary>
    private unsafe void ScoreTile(float* cells, float* columns, float* factors, Vector256<float> bias, int count, float* scores)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (int k = 0; k < _dimension; k++, cells += BlockCells, columns += Lanes)
        {
            var column = Vector256.Load(columns);
            s0 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[0]), column, s0);
            s1 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[1]), column, s1);
            s2 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[2]), column, s2);
            s3 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[3]), column, s3);
            s4 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[4]), column, s4);
            s5 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[5]), column, s5);
            s6 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[6]), column, s6);
            s7 = Vector256.MultiplyAddEstimate(Vector256.Create(cells[7]), column, s7);
        }
        ReadOnlySpan<Vector256<float>> sums = [s0, s1, s2, s3, s4, s5, s6, s7];
        for (int i = 0; i < count; i++) (sums[i] * factors[i] + bias).Store(scores + (long)i * _rowWidth);
    }
}
