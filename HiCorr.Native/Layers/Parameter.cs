using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>A trained array: its name in a state dict, its values and their gradient, to which every backward pass adds.</summary>
public sealed class Parameter : IDisposable
{
    private readonly Device _device;
    private Tensor? _gradient;

    /// <param name="device">Where it lives.</param>
    /// <param name="name">As MinkowskiEngine's state dict calls it, for example "block1.0.conv1.kernel".</param>
    /// <param name="shape">As in the state dict; all but the last dimension are rows of the tensor.</param>
    public Parameter(Device device, string name, params int[] shape)
    {
        _device = device;
        Name = name;
        Shape = shape;
        int columns = shape[^1], rows = 1;
        foreach (int size in shape.AsSpan(0, shape.Length - 1)) rows *= size;
        Value = device.Memory.RentZeros(rows, columns);
    }

    public string Name { get; }

    public IReadOnlyList<int> Shape { get; }

    public Tensor Value { get; }

    /// <summary>Zero until a backward pass adds to it; takes no memory before it is first asked for.</summary>
    public Tensor Gradient => _gradient ??= _device.Memory.RentZeros(Value.Rows, Value.Columns);

    public void ClearGradient() => _gradient?.Clear();

    public void Dispose()
    {
        Value.Dispose();
        _gradient?.Dispose();
    }
}
