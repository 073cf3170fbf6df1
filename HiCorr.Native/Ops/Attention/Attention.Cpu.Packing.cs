using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Attention;

public static unsafe partial class Attention
{
    private const int Panel = GatherGemm.PanelWidth;

    /// <summary>Sequences are padded to whole blocks of so many rows.</summary>
    private const int PaddedTo = 64;

    /// <summary>Work is dealt to so many lanes with scratch memory of their own; which item a lane takes depends on the problem's size alone.</summary>
    private const int Lanes = 64;

    /// <summary>Where the rows of a (sequence, head) lie: in the tensors, and padded in packed copies.</summary>
    private readonly struct HeadLayout(int* starts, int segments, int heads, int width)
    {
        public int Segments => segments;

        public int Heads => heads;

        /// <summary>Columns of a head.</summary>
        public int Width => width;

        /// <summary>The same in whole panels.</summary>
        public int PaddedWidth => (width + Panel - 1) / Panel * Panel;

        public int Panels => (width + Panel - 1) / Panel;

        /// <summary>Rows of a packed copy over all sequences, a row a head.</summary>
        public long PackedRows => ((long)starts[segments] + ((long)PaddedTo * segments)) * heads;

        public int First(int segment) => starts[segment];

        public int Rows(int segment) => starts[segment + 1] - starts[segment];

        public int PaddedRows(int segment) => (Rows(segment) + PaddedTo - 1) / PaddedTo * PaddedTo;

        /// <summary>First packed row of a head: a start that leaves room for every sequence's padding needs no running sum.</summary>
        public long Packed(int segment, int head) => (((long)starts[segment] + ((long)PaddedTo * segment)) * heads) + ((long)head * PaddedRows(segment));
    }

    private static Tensor RentPacked(CpuDevice device, HeadLayout layout) => device.Memory.Rent(checked((int)layout.PackedRows), layout.PaddedWidth);

    /// <summary>As the right-hand side of a sum over rows: [panel of columns][padded rows][32], padding zero.</summary>
    private static Tensor PackByRows(CpuDevice device, HeadLayout layout, Tensor source)
    {
        Tensor packed = RentPacked(device, layout);
        device.Threads.For(layout.Segments * layout.Heads, new PackRowsBlock(layout, source.Data, source.Stride, packed.Data));
        return packed;
    }

    /// <summary>As the right-hand side of a sum over columns: [panel of 32 padded rows][columns][32], padding zero.</summary>
    private static Tensor PackByColumns(CpuDevice device, HeadLayout layout, Tensor source)
    {
        Tensor packed = RentPacked(device, layout);
        device.Threads.For(layout.Segments * layout.Heads, new PackColumnsBlock(layout, source.Data, source.Stride, packed.Data));
        return packed;
    }

    /// <summary>Copies rows of a head into [panel of columns][capacity][32]; rows from <paramref name="rows"/> to <paramref name="padded"/> become zero.</summary>
    private static void PackRows(float* source, int stride, int rows, int padded, int capacity, int width, float* packed)
    {
        for (int column = 0; column < width; column += Panel, packed += (long)capacity * Panel)
        {
            int valid = Math.Min(Panel, width - column);
            for (int row = 0; row < rows; row++)
            {
                var to = new Span<float>(packed + ((long)row * Panel), Panel);
                new ReadOnlySpan<float>(source + ((long)row * stride) + column, valid).CopyTo(to);
                if (valid < Panel) to[valid..].Clear();
            }
            new Span<float>(packed + ((long)rows * Panel), (padded - rows) * Panel).Clear();
        }
    }

    private readonly struct PackRowsBlock(HeadLayout layout, float* source, int stride, float* packed) : IParallelBlock
    {
        public void Execute(int index)
        {
            (int segment, int head) = (index / layout.Heads, index % layout.Heads);
            int padded = layout.PaddedRows(segment);
            PackRows(source + ((long)layout.First(segment) * stride) + (head * layout.Width), stride, layout.Rows(segment), padded, padded, layout.Width,
                packed + (layout.Packed(segment, head) * layout.PaddedWidth));
        }
    }

    private readonly struct PackColumnsBlock(HeadLayout layout, float* source, int stride, float* packed) : IParallelBlock
    {
        public void Execute(int index)
        {
            (int segment, int head) = (index / layout.Heads, index % layout.Heads);
            int rows = layout.Rows(segment);
            float* from = source + ((long)layout.First(segment) * stride) + (head * layout.Width);
            float* to = packed + (layout.Packed(segment, head) * layout.PaddedWidth);
            for (int first = 0; first < layout.PaddedRows(segment); first += Panel, to += (long)layout.Width * Panel)
            {
                int valid = Math.Clamp(rows - first, 0, Panel);
                if (valid < Panel) new Span<float>(to, layout.Width * Panel).Clear();
                for (int j = 0; j < valid; j++)
                {
                    float* row = from + ((long)(first + j) * stride);
                    for (int c = 0; c < layout.Width; c++) to[(c * Panel) + j] = row[c];
                }
            }
        }
    }
}
