using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Pipeline.Stages.Flat;

/// <summary>One step's input: images as flat voxels, and the labelled pixels.</summary>
internal sealed class FlatBatch(VoxelInput input, RowLabels labels) : IDisposable
{
    public VoxelInput Input { get; } = input;

    public RowLabels Labels { get; } = labels;

    /// <param name="images">The batch's images with their index in the training set.</param>
    /// <param name="balance">Which pixels are drawn.</param>
    /// <param name="epoch">Mirroring (p = 0.5) and drawing are functions of (seed, epoch, index).</param>
    public static FlatBatch Build(Device device, IReadOnlyList<(int Index, FlatImage Image)> images, Configuration configuration, int epoch, ClassBalance balance)
    {
        ulong seed = (ulong)configuration.Seed;
        var read = new (ColorImage Image, byte[] Labels)[images.Count];
        for (int item = 0; item < read.Length; item++)
        {
            (int index, FlatImage image) = images[item];
            read[item] = FlatImages.Read(image, configuration.Flat.MaxSide);
            if (configuration.Flat.Flip && new CounterRandom(seed, "flat flip", (ulong)epoch, (ulong)index).Uniform(0) < 0.5)
                read[item] = FlatImages.Mirror(read[item].Image, read[item].Labels);
        }
        var input = VoxelInput.OfImages(device, [.. read.Select(r => r.Image)]);
        int[] labels = new int[input.Voxels.First.Length];
        for (int item = 0; item < read.Length; item++)
        {
            byte[] pixels = read[item].Labels;
            var random = new CounterRandom(seed, "flat pixels", (ulong)epoch, (ulong)images[item].Index);
            for (int pixel = 0; pixel < pixels.Length; pixel++)
            {
                byte label = pixels[pixel];
                bool drawn = label != ClassList.None && (balance.Keep[label] >= 1 || random.Uniform((ulong)pixel) < balance.Keep[label]);
                labels[input.RowOf(item, pixel)] = drawn ? label : RowLabels.Ignored;
            }
        }
        return new FlatBatch(input, RowLabels.PerRow(labels, balance.Keep.Length));
    }

    public void Dispose() => Input.Dispose();
}
