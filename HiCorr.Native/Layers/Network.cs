using HiCorr.Native.Devices;

namespace HiCorr.Native.Layers;

/// <summary>A network's named state, in the order of MinkowskiEngine's state dict.</summary>
public abstract class Network(Device device) : IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<StateBuffer> _buffers = [];
    private readonly List<StateCounter> _counters = [];

    public Device Device { get; } = device;

    public IReadOnlyList<Parameter> Parameters => _parameters;

    public IReadOnlyList<StateBuffer> Buffers => _buffers;

    public IReadOnlyList<StateCounter> Counters => _counters;

    public long ParameterCount
    {
        get
        {
            long count = 0;
            foreach (Parameter parameter in _parameters) count += (long)parameter.Value.Rows * parameter.Value.Columns;
            return count;
        }
    }

    /// <summary>Share of the new batch in the running statistics of every batch normalisation; null: each layer's own.</summary>
    public float? StatisticsMomentum { get; set; }

    public void ClearGradients()
    {
        foreach (Parameter parameter in _parameters) parameter.ClearGradient();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    internal Parameter AddParameter(string name, params int[] shape)
    {
        var parameter = new Parameter(Device, name, shape);
        _parameters.Add(parameter);
        return parameter;
    }

    internal StateBuffer AddBuffer(string name, int size)
    {
        var buffer = new StateBuffer(name, [size], Device.Memory.RentZeros(1, size));
        _buffers.Add(buffer);
        return buffer;
    }

    internal StateCounter AddCounter(string name)
    {
        var counter = new StateCounter(name);
        _counters.Add(counter);
        return counter;
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (Parameter parameter in _parameters) parameter.Dispose();
        foreach (StateBuffer buffer in _buffers) buffer.Value.Dispose();
    }
}
