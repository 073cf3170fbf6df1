using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Networks;

/// <summary>Images through the 3D network: pixel (x, y) as voxel (x, y, 0).</summary>
public sealed class FlatNetworkTests
{
    private const int Classes = 3, Width = 16;

    [Fact]
    public void Pixels_are_voxels_of_one_layer_with_their_colours()
    {
        ColorImage[] images = [Noise(5, 3, 1), Noise(2, 4, 2)];

        using VoxelInput input = VoxelInput.OfImages(CpuDevice.Default, images);
        using Tensor features = input.Features(CpuDevice.Default);

        Assert.Equal(5 * 3 + 2 * 4, input.Voxels.First.Length);
        for (int item = 0; item < 2; item++)
        {
            for (int pixel = 0; pixel < images[item].Width * images[item].Height; pixel++)
            {
                int row = input.RowOf(item, pixel);
                (int batch, int x, int y, int z) = input.Voxels[0][row];
                Assert.Equal((item, pixel % images[item].Width, pixel / images[item].Width, 0), (batch, x, y, z));
                for (int c = 0; c < 3; c++) Assert.Equal(images[item].Pixels[3 * pixel + c] / 127.5f - 1, features.Row(row)[c]);
            }
        }
    }

    [Fact]
    public void Kernels_see_no_third_dimension()
    {
        using SegmentationNetwork network = Network();
        using VoxelInput input = VoxelInput.OfImages(CpuDevice.Default, [Noise(24, 20, 3)]);
        using Tensor features = input.Features(CpuDevice.Default);
        using Tensor output = network.Backbone.Forward(input.Voxels, features, training: true);
        var labels = RowLabels.PerRow([.. Enumerable.Range(0, output.Rows).Select(i => i % Classes)], Classes);
        CrossEntropy.AgainstText(CpuDevice.Default, output, network.TextRows, null, labels, output, 1);
        network.Backbone.Backward(output);

        // Kernel index i = ix + K iy + K² iz: only the slices that point into the layer have neighbours, and so a gradient.
        foreach (Parameter kernel in network.Backbone.Parameters.Where(p => p.Name.EndsWith(".kernel", StringComparison.Ordinal) && p.Shape.Count == 3))
        {
            int volume = kernel.Shape[0], slice = volume == 27 ? 9 : 4, inside = volume == 27 ? 1 : 0, length = kernel.Shape[1] * kernel.Shape[2];
            float[] gradient = kernel.Gradient.ToArray();
            for (int i = 0; i < volume; i++)
            {
                bool any = gradient.AsSpan(i * length, length).IndexOfAnyExcept(0f) >= 0;
                Assert.True(i / slice == inside ? any || i != inside * slice + slice / 2 : !any, $"{kernel.Name}, offset {i}: gradient {any}");
            }
        }
    }

    [Fact]
    public void Prediction_gives_a_label_and_a_probability_for_every_pixel_in_reading_order()
    {
        using SegmentationNetwork network = Network();
        ColorImage image = Noise(20, 10, 4);

        Prediction prediction = network.Predict(image);
        Assert.Equal(200, prediction.Labels.Length);
        Assert.All(prediction.Labels, label => Assert.InRange(label, 0, Classes - 1));
        Assert.All(prediction.Confidence, confidence => Assert.InRange(confidence, 1f / Classes, 1));
        Assert.Equal(prediction.Labels, network.Predict(image).Labels);
        Assert.True(prediction.Labels.Distinct().Count() > 1);
    }

    private static SegmentationNetwork Network()
    {
        var random = new Random(7);
        float[] rows = [.. Enumerable.Range(0, Classes * Width).Select(_ => (float)(random.NextDouble() - 0.5))];
        return new SegmentationNetwork(CpuDevice.Default, TextEmbeddings.Normalised(new ClassList("three", ["a", "b", "c"]), Width, rows), 1, seed: 5);
    }

    private static ColorImage Noise(int width, int height, int seed)
    {
        byte[] pixels = new byte[3 * width * height];
        new Random(seed).NextBytes(pixels);
        return new ColorImage(width, height, pixels);
    }
}
