using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

/// <summary>golden/minkowski/conv*: convolutions against MinkowskiEngine, on every instruction set that this processor has.</summary>
public sealed class SparseConvGoldenTests
{
    private static readonly string[] s_cases =
    [
        "conv-k3s1-3to32", "conv-k3s1-32to64", "conv-k3s1-2000rows-4to8", "conv-k3s1-16to24-tensorstride4", "conv-k5s1-3to32",
        "conv-k2s2-32to32", "conv-k2s2-8to16-tensorstride2", "convtr-k2s2-64to48", "convtr-k2s2-24to16-tensorstride4",
    ];

    public static TheoryData<string, SimdPath> Cases()
    {
        var cases = new TheoryData<string, SimdPath>();
        foreach (string name in s_cases)
            foreach (SimdPath path in Enum.GetValues<SimdPath>())
                if (SimdPaths.Has(path)) cases.Add(name, path);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gives_outputs_and_gradients_of_the_case(string name, SimdPath path)
    {
        GoldenCase golden = GoldenCase.Open("minkowski/" + name);
        using var device = new CpuDevice(2, path);
        bool transposed = golden.Description.GetProperty("transposed").GetBoolean();
        int kernelSize = golden.Number("kernel_size"), stride = golden.Number("stride");
        int fineStride = golden.Number(transposed ? "tensor_stride_out" : "tensor_stride_in");
        SparseConvolutionOracle.Voxel[] inputOrder = VoxelRows.Parse(golden.Integers("in_coords")), outputOrder = VoxelRows.Parse(golden.Integers("out_coords"));
        using VoxelLevels levels = VoxelLevels.Build(device, golden.Integers(transposed ? "out_coords" : "in_coords"), 2, fineStride);
        VoxelGrid inputs = levels[transposed ? 1 : 0], outputs = levels[stride == 2 && !transposed ? 1 : 0];
        KernelMap map = stride == 2 ? levels.Down(0) : levels.Within(0, kernelSize);
        int[] shape = golden.Shape("kernel");
        using Tensor kernel = device.Memory.Rent(shape[0] * shape[1], shape[2]);
        kernel.CopyFrom(golden.Floats("kernel"));
        using Tensor input = VoxelRows.ToTensor(device, inputs, inputOrder, golden.Floats("in_feats"));
        using Tensor gradOutput = VoxelRows.ToTensor(device, outputs, outputOrder, golden.Floats("grad_out"));
        using Tensor output = device.Memory.Rent(outputs.Count, shape[2]);
        using Tensor gradInput = device.Memory.Rent(inputs.Count, shape[1]);
        using Tensor gradKernel = device.Memory.RentZeros(shape[0] * shape[1], shape[2]);

        SparseConv.Forward(device, map, transposed, input, kernel, output);
        SparseConv.BackwardInput(device, map, transposed, gradOutput, kernel, gradInput, accumulate: false);
        SparseConv.BackwardKernel(device, map, transposed, input, gradOutput, gradKernel);

        Assert.Equal(golden.Integers("pairs_per_offset"), map.PairCounts());
        golden.AssertClose("out_feats", VoxelRows.ToArray(outputs, outputOrder, output));
        golden.AssertClose("grad_in", VoxelRows.ToArray(inputs, inputOrder, gradInput));
        golden.AssertClose("grad_kernel", gradKernel.Span);
    }

    [Fact]
    public void Gives_outputs_and_gradients_of_conv_k1s1_96to96_bias()
    {
        GoldenCase golden = GoldenCase.Open("minkowski/conv-k1s1-96to96-bias");
        using var device = new CpuDevice(2);
        Tensor Filled(string name)
        {
            float[] values = golden.Floats(name);
            int columns = golden.Shape(name)[^1];
            Tensor tensor = device.Memory.Rent(values.Length / columns, columns);
            tensor.CopyFrom(values);
            return tensor;
        }
        using Tensor input = Filled("in_feats"), weight = Filled("kernel"), bias = Filled("bias"), gradOutput = Filled("grad_out");
        using Tensor output = device.Memory.Rent(input.Rows, 96), gradInput = device.Memory.Rent(input.Rows, 96);
        using Tensor gradWeight = device.Memory.RentZeros(96, 96), gradBias = device.Memory.RentZeros(1, 96);

        Linear.Forward(device, input, weight, bias, output);
        Linear.BackwardInput(device, gradOutput, weight, gradInput, accumulate: false);
        Linear.BackwardWeight(device, input, gradOutput, gradWeight, gradBias);

        Assert.Equal(golden.Integers("in_coords"), golden.Integers("out_coords"));
        golden.AssertClose("out_feats", output.Span);
        golden.AssertClose("grad_in", gradInput.Span);
        golden.AssertClose("grad_kernel", gradWeight.Span);
        golden.AssertClose("grad_bias", gradBias.Span);
    }
}
