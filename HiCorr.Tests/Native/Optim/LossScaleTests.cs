using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;

namespace HiCorr.Tests.Native.Optim;

public sealed class LossScaleTests
{
    [Fact]
    public void Doubles_after_2000_steps_without_an_overflow_and_never_above_2_to_the_24()
    {
        using var scale = new LossScale(CpuDevice.Default);
        using var parameter = new Parameter(CpuDevice.Default, "p", 1);
        for (int i = 0; i < 1999; i++) Assert.True(scale.Unscale([parameter]));
        Assert.Equal(65536, scale.Value);
        Assert.True(scale.Unscale([parameter]));
        Assert.Equal((131072f, 0L), (scale.Value, scale.Steps.Value));
        for (int i = 0; i < 20_000; i++) scale.Unscale([parameter]);
        Assert.Equal(1 << 24, scale.Value);
    }
}
