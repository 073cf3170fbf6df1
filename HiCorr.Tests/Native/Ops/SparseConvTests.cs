using HiCorr.Native.Devices;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

/// <summary>Convolutions of shapes that hurt against the oracle, on every instruction set that this processor has.</summary>
public sealed class SparseConvTests
{
    private enum Scene { None, OneVoxel, EmptyItem, FarAway, Room, Sheet }

    public static TheoryData<string, int, int, int, SimdPath> Shapes()
    {
        var shapes = new TheoryData<string, int, int, int, SimdPath>();
        (Scene, int, int, int)[] cases =
        [
            (Scene.None, 3, 3, 32), (Scene.OneVoxel, 3, 3, 3), (Scene.OneVoxel, 2, 32, 64), (Scene.EmptyItem, 3, 5, 7), (Scene.EmptyItem, 2, 33, 31),
            (Scene.FarAway, 3, 8, 40), (Scene.FarAway, 2, 1, 1), (Scene.Room, 3, 32, 33), (Scene.Room, 5, 3, 32), (Scene.Room, 3, 1, 1), (Scene.Room, 2, 96, 64),
            (Scene.Sheet, 3, 9, 4), (Scene.Sheet, 2, 4, 8),
        ];
        foreach ((Scene scene, int kernelSize, int inChannels, int outChannels) in cases)
            foreach (SimdPath path in Enum.GetValues<SimdPath>())
                if (SimdPaths.Has(path)) shapes.Add(scene.ToString(), kernelSize, inChannels, outChannels, path);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Agrees_with_the_definition(string scene, int kernelSize, int inChannels, int outChannels, SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        using VoxelLevels levels = VoxelLevels.Build(device, Coordinates(Enum.Parse<Scene>(scene)), 2);
        SparseConvolutionOracle.Voxel[] fine = VoxelRows.Of(levels[0]), coarse = VoxelRows.Of(levels[1]);
        if (kernelSize == 2)
        {
            Check(device, levels.Down(0), false, fine, coarse, 2, inChannels, outChannels);
            Check(device, levels.Down(0), true, coarse, fine, 2, inChannels, outChannels);
        }
        else
        {
            Check(device, levels.Within(0, kernelSize), false, fine, fine, kernelSize, inChannels, outChannels);
        }
    }

    [Fact]
    public void Adds_to_the_gradients_that_are_there_when_told_to()
    {
        using var device = new CpuDevice(1);
        using VoxelLevels levels = VoxelLevels.Build(device, Coordinates(Scene.Room), 1);
        KernelMap map = levels.Within(0, 3);
        int rows = levels[0].Count;
        using Tensor gradOutput = Filled(device, rows, 4, 1), kernel = Filled(device, 27 * 3, 4, 2), input = Filled(device, rows, 3, 3);
        using Tensor once = device.Memory.RentZeros(rows, 3), twice = device.Memory.RentZeros(rows, 3);
        using Tensor kernelOnce = device.Memory.RentZeros(27 * 3, 4), kernelTwice = device.Memory.RentZeros(27 * 3, 4);

        SparseConv.BackwardInput(device, map, false, gradOutput, kernel, once, accumulate: false);
        SparseConv.BackwardKernel(device, map, false, input, gradOutput, kernelOnce);
        for (int i = 0; i < 2; i++)
        {
            SparseConv.BackwardInput(device, map, false, gradOutput, kernel, twice, accumulate: true);
            SparseConv.BackwardKernel(device, map, false, input, gradOutput, kernelTwice);
        }

        Numbers.AssertClose([.. once.ToArray().Select(v => 2.0 * v)], twice.Span);
        Numbers.AssertClose([.. kernelOnce.ToArray().Select(v => 2.0 * v)], kernelTwice.Span);
    }

    [Fact]
    public void Reads_and_writes_columns_of_a_wider_tensor_only()
    {
        using var device = new CpuDevice(2);
        using VoxelLevels levels = VoxelLevels.Build(device, Coordinates(Scene.Room), 1);
        KernelMap map = levels.Within(0, 3);
        int rows = levels[0].Count;
        using Tensor narrow = Filled(device, rows, 33, 1), kernel = Filled(device, 27 * 33, 40, 2), expected = device.Memory.Rent(rows, 40);
        using Tensor wideInput = Filled(device, rows, 50, 3), wideOutput = Filled(device, rows, 60, 4);
        for (int row = 0; row < rows; row++) narrow.Row(row).CopyTo(wideInput.Row(row)[7..]);
        float[] before = wideOutput.ToArray();

        SparseConv.Forward(device, map, false, narrow, kernel, expected);
        SparseConv.Forward(device, map, false, wideInput.Slice(7, 33), kernel, wideOutput.Slice(11, 40));

        Assert.Equal(expected.ToArray(), wideOutput.Slice(11, 40).ToArray());
        Assert.Equal(before.Chunk(60).Select(r => (r[10], r[51])), wideOutput.ToArray().Chunk(60).Select(r => (r[10], r[51])));
    }

    [Fact]
    public void Refuses_shapes_that_do_not_fit_the_map()
    {
        using var device = new CpuDevice(1);
        using VoxelLevels levels = VoxelLevels.Build(device, Coordinates(Scene.Room), 1);
        using Tensor input = device.Memory.RentZeros(levels[0].Count, 4), kernel = device.Memory.RentZeros(27 * 3, 8), output = device.Memory.RentZeros(levels[0].Count, 8);

        Assert.Throws<ArgumentException>(() => SparseConv.Forward(device, levels.Within(0, 3), false, input, kernel, output));
    }

    private static void Check(CpuDevice device, KernelMap map, bool transposed, SparseConvolutionOracle.Voxel[] inputs, SparseConvolutionOracle.Voxel[] outputs,
        int kernelSize, int inChannels, int outChannels)
    {
        var pairs = SparseConvolutionOracle.Pairs(inputs, outputs, kernelSize, 1, transposed);
        using Tensor input = Filled(device, inputs.Length, inChannels, 1), gradOutput = Filled(device, outputs.Length, outChannels, 2);
        using Tensor kernel = Filled(device, map.KernelVolume * inChannels, outChannels, 3);
        using Tensor output = device.Memory.Rent(outputs.Length, outChannels), gradInput = device.Memory.Rent(inputs.Length, inChannels);
        using Tensor gradKernel = device.Memory.RentZeros(kernel.Rows, outChannels);
        float[] x = input.ToArray(), g = gradOutput.ToArray(), w = kernel.ToArray();

        SparseConv.Forward(device, map, transposed, input, kernel, output);
        SparseConv.BackwardInput(device, map, transposed, gradOutput, kernel, gradInput, accumulate: false);
        SparseConv.BackwardKernel(device, map, transposed, input, gradOutput, gradKernel);

        Numbers.AssertClose(SparseConvolutionOracle.Forward(pairs, x, w, outputs.Length, inChannels, outChannels), output.Span);
        Numbers.AssertClose(SparseConvolutionOracle.BackwardInput(pairs, g, w, inputs.Length, inChannels, outChannels), gradInput.Span);
        Numbers.AssertClose(SparseConvolutionOracle.BackwardKernel(pairs, x, g, map.KernelVolume, inChannels, outChannels), gradKernel.Span);
    }

    private static Tensor Filled(CpuDevice device, int rows, int columns, ulong seed)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        tensor.CopyFrom(Numbers.Normal(rows * columns, seed));
        return tensor;
    }

    private static int[] Coordinates(Scene scene) => scene switch
    {
        Scene.None => [],
        Scene.OneVoxel => [0, -7, 3, 11],
        Scene.EmptyItem => [0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 1, 2, 1, 1, 1, 0, -1, 0, 0],
        Scene.FarAway => [0, 1_000_000, -1_000_000, 5, 0, -1_000_000, 1_000_000, 4, 0, -1_000_000, 1_000_001, 4, 0, 999_999, -1_000_001, 5],
        Scene.Sheet => [.. Enumerable.Range(0, 131 * 131).SelectMany(i => new[] { 0, i % 131, i / 131, 0 })], // enough rows to be cut into parts
        _ => Room(),
    };

    /// <summary>Floor and two walls with negative coordinates in two batch items, thick enough that kernels are well filled.</summary>
    private static int[] Room()
    {
        var rows = new List<int>();
        for (int batch = 0; batch < 2; batch++)
            for (int x = -9; x < 9; x++)
                for (int y = -8; y < 8; y++)
                    for (int z = -3; z < 7; z++)
                        if ((z < -1 || x < -8 || y > 6) && (x + (3 * y) + (5 * z) + batch) % 7 != 0) rows.AddRange([batch, x, y, z]);
        return [.. rows];
    }
}
