using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Projection;

/// <summary>The points of a cloud, made ready once for the many views of a scene that are to see them.</summary>
public sealed class ProjectionPoints : IDisposable
{
    private readonly float[] _positions;
    private readonly PointBlocks? _blocks; // on the processor
    private readonly Tensor? _tensor; // (N, 3), on a CUDA device

    /// <param name="device">Where they are to be projected.</param>
    /// <param name="positions">x y z per point, (N, 3), metres; kept, not copied, where the device is the processor.</param>
    public ProjectionPoints(Device device, float[] positions)
    {
        if (positions.Length % 3 != 0) throw new ArgumentException($"{positions.Length} numbers: expected three per point", nameof(positions));
        (Device, _positions) = (device, positions);
        if (device is CudaDevice)
        {
            _tensor = device.Memory.Rent(Count, 3);
            _tensor.CopyFrom(positions);
        }
        else
        {
            _blocks = new PointBlocks(positions);
        }
    }

    public Device Device { get; }

    public int Count => _positions.Length / 3;

    internal ReadOnlySpan<float> Positions => _positions;

    internal PointBlocks Blocks => _blocks!;

    internal Tensor Tensor => _tensor!;

    /// <summary>Gives memory of a CUDA device back; on the processor there is none to give.</summary>
    public void Dispose() => _tensor?.Dispose();
}
