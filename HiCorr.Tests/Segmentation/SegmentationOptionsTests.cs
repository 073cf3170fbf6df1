using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Oversegment;

namespace HiCorr.Tests.Segmentation;

public sealed class SegmentationOptionsTests
{
    [Fact]
    public void Has_the_defaults_of_the_configuration() =>
        Assert.Equal(new SegmentationOptions(), OversegmentStage.Options(ConfigurationLoader.Load(null, null, []).Oversegment));
}
