using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>What moves a sparse network, the 3D one or the 2D one: optimiser and rate of the configuration's section train.</summary>
internal static class NetworkOptimiser
{
    public static IOptimiser Create(Device device, IReadOnlyList<Parameter> parameters, TrainConfiguration train) => train.Optimiser == "adamw"
        ? new AdamW(device, parameters, weightDecay: train.WeightDecay)
        : new Sgd(device, parameters, (float)train.Momentum, (float)train.Dampening, (float)train.WeightDecay);

    /// <summary>By epoch, of a run of so many.</summary>
    public static CosineSchedule Schedule(TrainConfiguration train, int epochs) => new(train.LearningRate, epochs, WarmUp: train.WarmUp * epochs);
}
