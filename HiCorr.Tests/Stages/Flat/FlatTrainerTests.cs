using HiCorr.Native.Devices;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Flat;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Tests.Stages.Flat;

/// <summary>Four images whose left part is red and labelled 0 and whose right part is blue and labelled 1.</summary>
public sealed class FlatTrainerTests : IDisposable
{
    private const int Width = 32, Height = 24, Images = 4;

    private readonly TemporaryFolder _folder = new();
    private readonly Configuration _configuration = ConfigurationLoader.Load(null, null,
        [("flat.epochs", "6"), ("flat.images_per_step", "1"), ("train.dampening", "0"), ("train.class_balance", "0.5")]);

    public FlatTrainerTests() => Progress.Enabled = false;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Learns_what_the_label_maps_say()
    {
        using SegmentationNetwork network = Network();
        IReadOnlyList<EpochMetrics> epochs = Train(_configuration, network, _folder.PathOf("run"), CancellationToken.None);

        Assert.Equal(6, epochs.Count);
        Assert.True(epochs[^1].Loss < 0.6 * epochs[0].Loss, $"{epochs[0].Loss} to {epochs[^1].Loss}");
        Prediction prediction = network.Predict(Image(0));
        int right = Enumerable.Range(0, Width * Height).Count(pixel => prediction.Labels[pixel] == LabelOf(0, pixel));
        Assert.True(right > 0.9 * Width * Height, $"{right} of {Width * Height}");
    }

    [Fact]
    public void Stopped_in_the_middle_of_epochs_it_ends_in_the_same_bits()
    {
        Configuration twoEpochs = _configuration with { Flat = _configuration.Flat with { Epochs = 2 } };
        using SegmentationNetwork undisturbed = Network(), disturbed = Network();
        Train(twoEpochs, undisturbed, _folder.PathOf("undisturbed"), CancellationToken.None);

        // Three images into the first epoch, then two images further.
        foreach (int reads in new[] { 3, 2 })
        {
            using var stop = new CancellationTokenSource();
            using SegmentationNetwork network = Network();
            Assert.Throws<StoppedException>(() => Train(twoEpochs, network, _folder.PathOf("disturbed"), stop.Token, onRead: left => { if (left == reads) stop.Cancel(); }));
        }
        Train(twoEpochs, disturbed, _folder.PathOf("disturbed"), CancellationToken.None);

        Assert.Equal(State(undisturbed), State(disturbed));
    }

    [Fact]
    public void Mirrors_image_and_labels_together()
    {
        var image = new ColorImage(3, 1, [1, 1, 1, 2, 2, 2, 3, 3, 3]);
        (ColorImage mirrored, byte[] labels) = FlatImages.Mirror(image, [7, 8, 9]);
        Assert.Equal([3, 3, 3, 2, 2, 2, 1, 1, 1], mirrored.Pixels);
        Assert.Equal([9, 8, 7], labels);
    }

    [Fact]
    public void Unlabelled_pixels_teach_nothing_and_masks_vote_first()
    {
        StageResult labels = Folder("labels"), masks = Folder("masks");
        LabelMapFile.Write(labels.PathOf("f.labels"), new LabelMap(4, 1, 4, 1, [0, 1, 1, ClassList.None], new byte[4]));
        MaskMapFile.Write(masks.PathOf("f.masks.png"), new MaskMap(4, 1, [1, 1, 1, 1], 1));
        Frame frame = FrameOf("f", new ColorImage(4, 1, new byte[12]));

        Assert.Equal([0, 1, 1, ClassList.None], FlatImages.Read(new FlatImage(frame, labels, null), 160).Labels);
        Assert.Equal([1, 1, 1, ClassList.None], FlatImages.Read(new FlatImage(frame, labels, masks), 160).Labels);
        Assert.Equal([1, 2], FlatImages.CountLabels([new FlatImage(frame, labels, null)], 2));
        var batch = FlatBatch.Build(CpuDevice.Default, [(0, new FlatImage(frame, labels, null))], _configuration, 0, new ClassBalance([1, 1]));
        using (batch) Assert.Equal(3, batch.Labels.Count);
    }

    [Fact]
    public void Images_without_any_label_are_an_artefact_error()
    {
        StageResult labels = Folder("labels");
        LabelMapFile.Write(labels.PathOf("f.labels"), new LabelMap(4, 1, 4, 1, [.. Enumerable.Repeat(ClassList.None, 4)], new byte[4]));
        using SegmentationNetwork network = Network();
        var images = new[] { new FlatImage(FrameOf("f", new ColorImage(4, 1, new byte[12])), labels, null) };

        Assert.Contains("none in 1 images", Assert.Throws<ArtefactException>(() => new FlatTrainer(_configuration, images, network, _folder.Root, "key")).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<EpochMetrics> Train(Configuration configuration, SegmentationNetwork network, string folder, CancellationToken stop, Action<int>? onRead = null)
    {
        int reads = 0;
        StageResult labels = Folder("labels");
        var images = new List<FlatImage>();
        for (int i = 0; i < Images; i++)
        {
            LabelMapFile.Write(labels.PathOf($"{i}.labels"), new LabelMap(Width, Height, Width, Height, [.. Enumerable.Range(0, Width * Height).Select(pixel => LabelOf(i, pixel))], new byte[Width * Height]));
            images.Add(new FlatImage(FrameOf($"{i}", Image(i), () => onRead?.Invoke(++reads)), labels, null));
        }
        Directory.CreateDirectory(folder);
        using var trainer = new FlatTrainer(configuration, images, network, folder, "key");
        return trainer.Run(stop);
    }

    private StageResult Folder(string name) => new(_folder.PathOf(name), name);

    private static Frame FrameOf(string id, ColorImage image, Action? onRead = null)
    {
        var camera = new Intrinsics(1, 1, 0, 0);
        return new Frame(id, new Pose(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), camera, camera, new InMemory(image, onRead));
    }

    private sealed class InMemory(ColorImage image, Action? onRead) : IFrameImages
    {
        public string ColorSource => "memory";
        public string DepthSource => "memory";
        public DepthImage ReadDepth() => throw new NotSupportedException();
        public ColorImage ReadColor()
        {
            onRead?.Invoke();
            return image;
        }
    }

    private static byte LabelOf(int image, int pixel) => (byte)(pixel % Width < 10 + 3 * image ? 0 : 1);

    private static ColorImage Image(int index)
    {
        byte[] pixels = new byte[3 * Width * Height];
        for (int pixel = 0; pixel < Width * Height; pixel++) pixels[3 * pixel + 2 * LabelOf(index, pixel)] = 200;
        return new ColorImage(Width, Height, pixels);
    }

    private static float[][] State(SegmentationNetwork network) =>
        [.. network.Backbone.Parameters.Select(p => p.Value.ToArray()), .. network.Backbone.Buffers.Select(b => b.Value.ToArray())];

    private static SegmentationNetwork Network()
    {
        float[] rows = new float[2 * 16];
        (rows[0], rows[17]) = (1, 1);
        return new SegmentationNetwork(CpuDevice.Default, new TextEmbeddings(new ClassList("two", ["red", "blue"]), 16, rows), 1, seed: 2);
    }
}
