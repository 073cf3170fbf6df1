using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gemm;

/// <summary>
/// Right-hand matrices [depth, columns] of a product, one or several, repacked into panels of 32 columns so that the inner loop reads one
/// stream: [matrix][panel][depth][32], missing columns zero.
/// </summary>
internal readonly unsafe struct PackedMatrix : IDisposable
{
    private readonly Tensor _panels;

    private PackedMatrix(Tensor panels, int matrices, int depth, int columns)
    {
        _panels = panels;
        (Matrices, Depth, Columns) = (matrices, depth, columns);
    }

    public int Matrices { get; }

    public int Depth { get; }

    public int Columns { get; }

    public int Panels => (Columns + GatherGemm.PanelWidth - 1) / GatherGemm.PanelWidth;

    /// <summary>Panel 0 of matrix 0; the others follow.</summary>
    public float* Data => _panels.Data;

    /// <summary>Packs <paramref name="matrices"/> matrices that lie below each other in <paramref name="source"/>.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="source">(matrices * depth, columns), or (matrices * columns, depth) when <paramref name="transposed"/>.</param>
    /// <param name="matrices">How many.</param>
    /// <param name="transposed">Whether to pack the transpose of each.</param>
    public static PackedMatrix Pack(CpuDevice device, Tensor source, int matrices, bool transposed)
    {
        int rows = source.Rows / matrices;
        (int depth, int columns) = transposed ? (source.Columns, rows) : (rows, source.Columns);
        int panels = (columns + GatherGemm.PanelWidth - 1) / GatherGemm.PanelWidth;
        var packed = new PackedMatrix(device.Memory.Rent(matrices * panels * depth, GatherGemm.PanelWidth), matrices, depth, columns);
        device.Threads.For(matrices * panels, new PackPanel(source.Data, source.Stride, rows, packed.Data, panels, depth, columns, transposed));
        return packed;
    }

    public void Dispose() => _panels.Dispose();

    private readonly struct PackPanel(float* source, int stride, int rows, float* packed, int panels, int depth, int columns, bool transposed)
        : IParallelBlock
    {
        public void Execute(int index)
        {
            const int width = GatherGemm.PanelWidth;
            float* from = source + ((long)(index / panels) * rows * stride);
            float* to = packed + ((long)index * depth * width);
            int first = index % panels * width, valid = Math.Min(width, columns - first);
            for (int k = 0; k < depth; k++, to += width)
            {
                if (transposed)
                    for (int j = 0; j < valid; j++) to[j] = from[((long)(first + j) * stride) + k];
                else
                    new ReadOnlySpan<float>(from + ((long)k * stride) + first, valid).CopyTo(new Span<float>(to, valid));
                new Span<float>(to + valid, width - valid).Clear();
            }
        }
    }
}
