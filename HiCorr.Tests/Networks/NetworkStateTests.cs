using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Tests.Native;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Networks;

public sealed class NetworkStateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Transformers_and_AdamW_go_on_from_a_file_with_the_same_bits()
    {
        using Run straight = new(_device, seed: 1), resumed = new(_device, seed: 2);
        for (ulong step = 0; step < 2; step++) straight.Step(_device, step);
        string path = _folder.PathOf("state.safetensors");
        SafetensorsFile.Write(path, [.. NetworkState.Of(straight.Intra), .. NetworkState.Of(straight.Inter), .. NetworkState.Of(straight.Optimiser)]);

        SafetensorsFile file = SafetensorsFile.Read(path);
        NetworkState.Restore(file, resumed.Intra);
        NetworkState.Restore(file, resumed.Inter);
        NetworkState.Restore(file, resumed.Optimiser);
        straight.Step(_device, 2);
        resumed.Step(_device, 2);

        Assert.Equal(3, resumed.Optimiser.Steps.Value);
        Assert.Equal(straight.State(), resumed.State());
    }

    private sealed class Run : IDisposable
    {
        public Run(CpuDevice device, ulong seed)
        {
            (Intra, Inter) = (new CorrelationTransformer(device, "intra", 16, heads: 2, seed: seed), new CorrelationTransformer(device, "inter", 16, heads: 2, seed: seed));
            Optimiser = new AdamW(device, [.. Intra.Parameters, .. Inter.Parameters]);
        }

        public CorrelationTransformer Intra { get; }

        public CorrelationTransformer Inter { get; }

        public AdamW Optimiser { get; }

        public void Step(CpuDevice device, ulong step)
        {
            using Tensor features = FilledTensor.Of(device, Numbers.Normal(12 * 16, step), 12, 16);
            Intra.ClearGradients();
            Inter.ClearGradients();
            using Tensor corrected = Intra.Forward(features, null, RowSegments.FromLengths(7, 5), training: true);
            using Tensor output = Inter.Forward(corrected, null, RowSegments.Whole(12), training: true);
            Inter.Backward(output); // of the loss |output|² / 2
            Intra.Backward(output);
            Optimiser.Step(1e-3);
        }

        public float[] State() => [.. Intra.Parameters.Concat(Inter.Parameters).SelectMany(p => p.Value.ToArray()), .. Optimiser.Buffers.SelectMany(b => b.Value.ToArray())];

        public void Dispose()
        {
            Optimiser.Dispose();
            Inter.Dispose();
            Intra.Dispose();
        }
    }
}
