using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Optim.Cuda;

public sealed class LossScaleKernelTests
{
    private const int Count = 1000;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Divides_every_gradient_by_the_scale(string name)
    {
        using CudaDevice device = KernelDevices.Open(name, Precision.Fp16);
        using LossScale scale = LossScale.For(device)!;
        using Parameter parameter = WithGradient(device, KernelData.Uniform("gradient", Count));

        Assert.True(scale.Unscale([parameter]));

        float[] expected = [.. KernelData.Uniform("gradient", Count).Select(value => value / 65536)];
        KernelAssert.SameBits(expected, parameter.Gradient.ToArray(), "gradient");
        Assert.Equal((65536f, 1L), (scale.Value, scale.Steps.Value));
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Halves_the_scale_where_any_gradient_overflowed(string name)
    {
        using CudaDevice device = KernelDevices.Open(name, Precision.Fp16);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            using LossScale scale = LossScale.For(device)!;
            float[] values = KernelData.Uniform("gradient", Count);
            values[Count - 1] = bad;
            using Parameter good = WithGradient(device, KernelData.Uniform("gradient", Count)), overflowed = WithGradient(device, values);

            Assert.False(scale.Unscale([overflowed, good]));
            Assert.Equal((32768f, 0L), (scale.Value, scale.Steps.Value));
        }
    }

    [Fact]
    public void Is_wanted_in_float16_alone()
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator, Precision.Bf16);
        Assert.Null(LossScale.For(device));
        Assert.Null(LossScale.For(CpuDevice.Default));
    }

    private static Parameter WithGradient(Device device, float[] values)
    {
        var parameter = new Parameter(device, "p", Count);
        parameter.Gradient.CopyFrom(values);
        return parameter;
    }
}
