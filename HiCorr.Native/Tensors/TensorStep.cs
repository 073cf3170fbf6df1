namespace HiCorr.Native.Tensors;

/// <summary>A step of <see cref="TensorPool.BeginStep"/>; disposing it, once, ends the step.</summary>
public readonly struct TensorStep : IDisposable
{
    private readonly TensorPool _pool;

    internal TensorStep(TensorPool pool) => _pool = pool;

    public void Dispose() => _pool.EndStep();
}
