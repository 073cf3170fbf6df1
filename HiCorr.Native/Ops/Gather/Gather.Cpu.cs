using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gather;

public static unsafe partial class Gather
{
    private static void ForwardCpu(Tensor input, ReadOnlySpan<int> rows, Tensor output)
    {
        for (int i = 0; i < rows.Length; i++) input.Row(rows[i]).CopyTo(output.Row(i));
    }

    private static void BackwardCpu(Tensor gradOutput, ReadOnlySpan<int> rows, Tensor gradInput)
    {
        for (int i = 0; i < rows.Length; i++)
            GatherGemm.Add(gradOutput.Data + ((long)i * gradOutput.Stride), gradInput.Data + ((long)rows[i] * gradInput.Stride), gradInput.Columns);
    }
}
