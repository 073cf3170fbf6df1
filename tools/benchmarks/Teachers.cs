using System.Globalization;
using CommandLine;
using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Benchmarks;

/// <summary>
/// How well the transformers of a finished training know the truth beside the 3D network that they teach (HICL Sec. 3.3): all three label the same
/// sampled points, on scenes that were learned from and on others. Training needs no truth, so that its own losses cannot say this.
/// </summary>
[Verb("teachers")]
internal sealed class Teachers : FinishedTraining
{
    [Option("draws", Default = 4, HelpText = "Times that every scene's points are drawn.")]
    public int Draws { get; set; }

    protected override void Look(ScenePipeline pipeline, TrainStage training, SegmentationNetwork network, SafetensorsFile checkpoint, CancellationToken stop)
    {
        Evaluator.CheckTruth(pipeline);
        using CorrelationLearning learning = CreateTransformers(pipeline, pipeline.Configuration.Correlation, pipeline.Configuration.Feedback);
        CorrelationTransformer[] transformers = [.. learning.Networks.Cast<CorrelationTransformer>()];
        foreach (CorrelationTransformer transformer in transformers) NetworkState.Restore(checkpoint, transformer);

        var table = new MarkdownTable("scenes", "points", "labels of", "mIoU", "accuracy", "differ from the network", "then right", "then the network right");
        foreach (string split in new[] { "train", "val" }) Measure(pipeline, network, transformers, split, table, stop);
        Console.Out.Write(table);
    }

    private void Measure(ScenePipeline pipeline, SegmentationNetwork network, CorrelationTransformer[] transformers, string split, MarkdownTable table, CancellationToken stop)
    {
        Configuration configuration = pipeline.Configuration;
        ClassList classes = pipeline.Dataset.Classes!;
        var truth = new List<byte>();
        List<byte>[] said = [.. Enumerable.Range(0, transformers.Length + 1).Select(_ => new List<byte>())];
        foreach (string[] names in pipeline.Dataset.Scenes(split).Chunk(configuration.Train.BatchScenes))
        {
            StageResult[] preprocessed = [.. names.Select(name => pipeline.Preprocess.Get(name))];
            Scene[] scenes = [.. preprocessed.Select(scene => SceneFolder.Load(scene))];
            byte[][] truths = [.. preprocessed.Select(scene => SceneFolder.LoadGroundTruth(scene)!)];
            GeometricSets[] sets = [.. names.Select((name, i) => new GeometricSets(OversegmentStage.Load(pipeline.Oversegment.Get(name), scenes[i].Cloud.Count)))];
            using var input = VoxelInput.Build(network.Backbone.Device, [.. scenes.Select(scene => (scene.Cloud, Upright.Rotation(scene.Up)))], network.VoxelSize, network.Inputs);
            using Tensor inputs = input.Features(network.Backbone.Device), features = network.Backbone.Forward(input.Voxels, inputs, training: false);
            for (int draw = 0; draw < Draws; draw++)
            {
                stop.ThrowIfCancellationRequested();
                var builder = new SampleBuilder(input, network.VoxelSize);
                for (int i = 0; i < scenes.Length; i++)
                {
                    int[] points = sets[i].Draw(configuration.Correlation.Points, new CounterRandom((ulong)configuration.Seed, "teachers " + names[i], (ulong)draw));
                    builder.Add(i, points, scenes[i].Cloud.Count, [], []);
                    truth.AddRange(points.Select(point => truths[i][point]));
                }
                Label(network, transformers, features, builder.Build(network.Text.Classes.Count), said);
            }
        }
        var mapping = new ClassMapping(network.Text.Classes, classes);
        Add(table, classes, split, [.. truth], [.. said.Select(labels => mapping.Apply([.. labels]))]);
    }

    private static void Label(SegmentationNetwork network, CorrelationTransformer[] transformers, Tensor features, SampledPoints sample, List<byte>[] said)
    {
        Device device = network.Backbone.Device;
        Tensor current = TrainingPass.Take(device, features, sample.Rows);
        AddBest(current, said[0]);
        using Tensor? positions = transformers[0].HasPosition ? device.Memory.Rent(sample.Rows.Length, 3) : null;
        positions?.CopyFrom(sample.Positions);
        for (int i = 0; i < transformers.Length; i++)
        {
            Tensor next = transformers[i].Forward(current, positions, i == 0 ? sample.Scenes : RowSegments.Whole(sample.Rows.Length), training: false);
            current.Dispose();
            AddBest(current = next, said[i + 1]);
        }
        current.Dispose();

        void AddBest(Tensor of, List<byte> to)
        {
            using Tensor scores = device.Memory.Rent(of.Rows, network.Text.Classes.Count);
            CrossEntropy.Logits(device, of, network.TextRows, null, scores);
            float[] values = scores.ToArray();
            for (int row = 0; row < of.Rows; row++) to.Add((byte)TensorPrimitives.IndexOfMax<float>(values.AsSpan(row * scores.Columns, scores.Columns)));
        }
    }

    private static void Add(MarkdownTable table, ClassList classes, string split, byte[] truth, byte[][] said)
    {
        for (int i = 0; i < said.Length; i++)
        {
            var matrix = new ConfusionMatrix(classes.Count);
            matrix.Add(CpuDevice.Default, truth, said[i]);
            SegmentationMetrics metrics = SegmentationMetrics.Compute(matrix, classes);
            int[] differ = [.. Enumerable.Range(0, truth.Length).Where(p => truth[p] < classes.Count && said[i][p] != said[0][p])];
            string Share(double part, double whole) => i == 0 ? "" : (100 * part / Math.Max(1, whole)).ToString("0.0", CultureInfo.InvariantCulture);
            table.Add(split, metrics.Points.ToString(CultureInfo.InvariantCulture), i switch { 0 => "the 3D network", 1 => "the intra-scene transformer", _ => "the inter-scene transformer" },
                (100 * metrics.MeanIou).ToString("0.0", CultureInfo.InvariantCulture), (100 * metrics.OverallAccuracy).ToString("0.0", CultureInfo.InvariantCulture),
                Share(differ.Length, metrics.Points), Share(differ.Count(p => said[i][p] == truth[p]), differ.Length), Share(differ.Count(p => said[0][p] == truth[p]), differ.Length));
        }
    }
}
