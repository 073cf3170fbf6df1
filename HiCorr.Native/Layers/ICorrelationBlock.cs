using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>A block that lets the features of a sequence's tokens correct each other: (N, d) to (N, d).</summary>
public interface ICorrelationBlock : IDisposable
{
    /// <summary>The output, which is the caller's; in training the input must live until <see cref="Backward"/>.</summary>
    Tensor Forward(Tensor input, RowSegments segments, bool training);

    /// <summary>Adds to the parameters' gradients and turns the gradient of the output, in place, into that of the input.</summary>
    void Backward(Tensor gradient);

    /// <summary>Multiply-adds of a forward pass.</summary>
    long MultiplyAdds(RowSegments segments);
}
