using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Layers;

/// <summary>golden/minkowski/basicblock and basicblock-identity.</summary>
public sealed class BasicBlockTests
{
    private sealed class Block(CpuDevice device) : Network(device);

    public static TheoryData<string, SimdPath> Cases()
    {
        var cases = new TheoryData<string, SimdPath>();
        foreach (SimdPath path in Enum.GetValues<SimdPath>().Where(SimdPaths.Has))
            foreach (string name in new[] { "basicblock", "basicblock-identity" }) cases.Add(name, path);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gives_outputs_gradients_and_running_statistics_of_the_case(string name, SimdPath path)
    {
        GoldenCase golden = GoldenCase.Open("minkowski/" + name);
        using var device = new CpuDevice(2, path);
        using var network = new Block(device);
        using var block = new BasicBlock(network, "block", 0, golden.Number("in_channels"), golden.Number("out_channels"), 0.1f);
        foreach (Parameter parameter in network.Parameters) parameter.Value.CopyFrom(golden.Floats("param." + parameter.Name["block.".Length..]));
        using VoxelLevels levels = VoxelLevels.Build(device, golden.Integers("coords"), 1);
        SparseConvolutionOracle.Voxel[] order = VoxelRows.Parse(golden.Integers("coords"));
        using Tensor x = VoxelRows.ToTensor(device, levels[0], order, golden.Floats("x"));
        using Tensor gradY = VoxelRows.ToTensor(device, levels[0], order, golden.Floats("grad_y"));

        golden.AssertClose("y", VoxelRows.ToArray(levels[0], order, block.Forward(levels, x, null, training: true)));
        using Tensor gradX = block.Backward(levels, gradY);

        golden.AssertClose("grad_x", VoxelRows.ToArray(levels[0], order, gradX));
        foreach (Parameter parameter in network.Parameters) golden.AssertClose("grad." + parameter.Name["block.".Length..], parameter.Gradient.Span);
        foreach (StateBuffer buffer in network.Buffers) golden.AssertClose("after." + buffer.Name["block.".Length..], buffer.Value.Span);
        using Tensor evaluated = block.Forward(levels, x, null, training: false);
        golden.AssertClose("eval_y", VoxelRows.ToArray(levels[0], order, evaluated));
    }
}
