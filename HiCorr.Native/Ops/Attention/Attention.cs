using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Attention;

/// <summary>
/// Multi-head softmax attention inside sequences of rows (Vaswani et al., 2017). Head h owns columns h d/H to (h+1) d/H - 1 of q, k, v and output:
///   s_mn = ⟨q_m, k_n⟩ / sqrt(d/H),  w_mn = exp(s_mn) / Σ_n' exp(s_mn'),  output_m = Σ_n w_mn v_n          all (N, d), n in the sequence of m
/// Gradients, with g_m the gradient of output_m:
///   ∂/∂w_mn = ⟨g_m, v_n⟩,  ∂/∂s_mn = w_mn (⟨g_m, v_n⟩ - ⟨g_m, output_m⟩),
///   gradV_n = Σ_m w_mn g_m,  gradQ_m = Σ_n ∂/∂s_mn k_n / sqrt(d/H),  gradK_n = Σ_m ∂/∂s_mn q_m / sqrt(d/H).
/// Saved for backward: q, k, v, output and logSumExp (H, N), log Σ_n exp(s_mn). Weights exist in blocks only, which backward makes anew
/// (FlashAttention, Dao et al. 2022): memory is proportional to N d, never to N².
/// </summary>
public static partial class Attention
{
    /// <summary>Fills output and logSumExp.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="q">(N, d); q, k and v may be columns of one tensor.</param>
    /// <param name="k">(N, d).</param>
    /// <param name="v">(N, d).</param>
    /// <param name="segments">Sequences of the N rows.</param>
    /// <param name="heads">H, a divisor of d.</param>
    /// <param name="output">(N, d).</param>
    /// <param name="logSumExp">(H, N).</param>
    public static void Forward(Device device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp)
    {
        Check(q, k, v, segments, heads, output, logSumExp);
        if (device is CudaDevice cuda) ForwardCuda(cuda, q, k, v, segments, heads, output, logSumExp);
        else ForwardCpu((CpuDevice)device, q, k, v, segments, heads, output, logSumExp);
    }

    /// <summary>Overwrites gradQ, gradK and gradV, which may be columns of one tensor, with the gradients for gradOutput.</summary>
    public static void Backward(Device device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp,
        Tensor gradOutput, Tensor gradQ, Tensor gradK, Tensor gradV)
    {
        Check(q, k, v, segments, heads, output, logSumExp);
        Check(gradQ, gradK, gradV, segments, heads, gradOutput, logSumExp);
        if (gradQ.Columns != q.Columns) throw new ArgumentException($"gradients have {gradQ.Columns} columns, not {q.Columns}");
        if (device is CudaDevice cuda) BackwardCuda(cuda, q, k, v, segments, heads, output, logSumExp, gradOutput, gradQ, gradK, gradV);
        else BackwardCpu((CpuDevice)device, q, k, v, segments, heads, output, logSumExp, gradOutput, gradQ, gradK, gradV);
    }

    private static void Check(Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (q.Columns % heads != 0) throw new ArgumentException($"{q.Columns} columns do not divide into {heads} heads");
        if (logSumExp.Rows != heads || logSumExp.Columns != q.Rows || segments.Rows != q.Rows || !Same(q, k) || !Same(q, v) || !Same(q, output))
            throw new ArgumentException($"q {q.Rows} x {q.Columns}, k {k.Rows} x {k.Columns}, v {v.Rows} x {v.Columns}, output {output.Rows} x {output.Columns}, " +
                $"sequences of {segments.Rows} rows, logSumExp {logSumExp.Rows} x {logSumExp.Columns} for {heads} heads");
    }

    private static bool Same(Tensor a, Tensor b) => a.Rows == b.Rows && a.Columns == b.Columns;
}
