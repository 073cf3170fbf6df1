using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// CLIP2Scene's feature consistency: the mean over the drawn pairs of 1 - cos(point_local, image_local). point_local is a second linear head on the 96
/// channels that the network's own head reads; image_local is the feature of the pair's pixel under a fixed random matrix (<see cref="Projection"/>).
/// </summary>
internal sealed class ConsistencyLoss : LossTerm
{
    private readonly LocalHead _head;

    /// <param name="channels">Of the features that the heads read.</param>
    /// <param name="width">d, of the image features.</param>
    /// <param name="seed">Of the run.</param>
    public ConsistencyLoss(Device device, int channels, int width, ulong seed) => _head = new LocalHead(device, channels, width, seed);

    public override IReadOnlyList<Network> Networks => [_head];

    public override IReadOnlyList<Parameter> SharedParameters => _head.Parameters;

    /// <summary>The matrix (d, d) on the image side, uniform in ±1/sqrt(d) as a fresh 1x1 convolution is; never trained.</summary>
    public static float[] Projection(int width, ulong seed)
    {
        float[] matrix = new float[width * width];
        double bound = 1 / Math.Sqrt(width);
        new CounterRandom(seed, "image projection").FillUniform(matrix, -bound, bound);
        return matrix;
    }

    public override EpochLosses Step(TrainingPass pass)
    {
        RowTargets targets = pass.Batch.Pixels!;
        _head.ClearGradients();
        using Tensor channels = TrainingPass.Take(pass.Device, pass.HeadFeatures, targets.Rows);
        using Tensor local = _head.Linear.Forward(channels);
        double loss = targets.Loss(pass.Device, local, pass.Weight);
        _head.Linear.BackwardParameters(channels, local);
        _head.Linear.BackwardInput(local, channels); // the channels are not needed any more
        pass.AddToHead(targets.Rows, channels);
        return new EpochLosses { Consistency = loss * targets.Count, ConsistencyPairs = targets.Count };
    }

    public override void Dispose() => _head.Dispose();

    /// <summary>Starts as the network's own head does: uniform in ±1/sqrt(channels).</summary>
    private sealed class LocalHead : Network
    {
        public LocalHead(Device device, int channels, int width, ulong seed) : base(device)
        {
            Linear = new LinearLayer(this, "local_feature", channels, width);
            double bound = 1 / Math.Sqrt(channels);
            for (int i = 0; i < Parameters.Count; i++)
            {
                float[] values = new float[Parameters[i].Value.Rows * Parameters[i].Value.Columns];
                new CounterRandom(seed, "initial weights of local_feature", (ulong)i).FillUniform(values, -bound, bound);
                Parameters[i].Value.CopyFrom(values);
            }
        }

        public LinearLayer Linear { get; }
    }
}
