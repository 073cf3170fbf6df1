using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>For every row of one side and every kernel index the row of the other side that it meets, or -1: entry k Rows + row.</summary>
/// <param name="Entries">(K, Rows), on the device.</param>
/// <param name="Rows">Rows of the side that looks up.</param>
/// <param name="Mirrored">Whether kernel index k stands at K - 1 - k: a symmetric map serves both sides.</param>
internal readonly unsafe record struct NeighbourTable(nint Entries, int Rows, bool Mirrored);

/// <summary>
/// A <see cref="KernelMap"/> as CUDA kernels read it: tables of neighbours for products that write rows, and the pairs themselves, one kernel index
/// after the other with rising output rows, for products over pairs.
/// </summary>
internal sealed unsafe class CudaKernelMap : IDisposable
{
    private readonly NativeIntegers _byOutput;
    private readonly NativeIntegers? _byInput; // a symmetric map reads the other table mirrored
    private readonly NativeIntegers _from;
    private readonly NativeIntegers _to;
    private readonly int[] _starts; // (K + 1)

    /// <summary>Copies a map from the host.</summary>
    public CudaKernelMap(CudaDevice device, KernelMap map)
    {
        bool symmetric = map.KernelVolume % 2 == 1;
        (KernelVolume, InputRows, OutputRows) = (map.KernelVolume, map.InputRows, map.OutputRows);
        _starts = new int[KernelVolume + 1];
        for (int k = 0; k < KernelVolume; k++) _starts[k + 1] = checked(_starts[k] + map.Pairs(k, reverse: false).Count);
        int[] byOutput = new int[(long)KernelVolume * OutputRows], byInput = symmetric ? [] : new int[(long)KernelVolume * InputRows];
        int[] from = new int[_starts[^1]], to = new int[_starts[^1]];
        byOutput.AsSpan().Fill(-1);
        byInput.AsSpan().Fill(-1);
        for (int k = 0; k < KernelVolume; k++)
        {
            RowPairs pairs = map.Pairs(k, reverse: false);
            for (int i = 0; i < pairs.Count; i++)
            {
                (from[_starts[k] + i], to[_starts[k] + i]) = (pairs.From[i], pairs.To[i]);
                byOutput[(k * (long)OutputRows) + pairs.To[i]] = pairs.From[i];
                if (!symmetric) byInput[(k * (long)InputRows) + pairs.From[i]] = pairs.To[i];
            }
        }
        (_byOutput, _from, _to) = (Upload(device, byOutput), Upload(device, from), Upload(device, to));
        if (!symmetric) _byInput = Upload(device, byInput);
    }

    public int KernelVolume { get; }

    public int InputRows { get; }

    public int OutputRows { get; }

    /// <summary>Input rows of the pairs of all kernel indices, (pairs), on the device.</summary>
    public int* From => _from.Pointer;

    /// <summary>Output rows of the pairs.</summary>
    public int* To => _to.Pointer;

    /// <summary>Where the pairs of a kernel index begin, on the host, and their number in all at the end.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>What output rows read, or, reversed, which output rows read an input row.</summary>
    public NeighbourTable Table(bool reverse) => !reverse ? new NeighbourTable((nint)_byOutput.Pointer, OutputRows, false)
        : _byInput is null ? new NeighbourTable((nint)_byOutput.Pointer, OutputRows, true)
        : new NeighbourTable((nint)_byInput.Pointer, InputRows, false);

    public void Dispose()
    {
        _byOutput.Dispose();
        _byInput?.Dispose();
        _from.Dispose();
        _to.Dispose();
    }

    private static NativeIntegers Upload(CudaDevice device, int[] values)
    {
        NativeIntegers copy = device.Memory.RentIntegers(values.Length);
        copy.CopyFrom(values);
        return copy;
    }
}
