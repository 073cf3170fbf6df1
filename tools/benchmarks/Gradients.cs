using System.Globalization;
using CommandLine;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Train;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Benchmarks;

/// <summary>
/// How far each loss of the whole method moves the 3D network at the end of a training: the length of the gradient of all its parameters, a loss at a
/// time and unweighted, and its angle to that of L_ce. Means over batches of the training scenes.
/// </summary>
[Verb("gradients")]
internal sealed class Gradients : FinishedTraining
{
    private static readonly string[] s_losses = ["L_ce", "L̂_ce", "L_kl"];

    [Option("batches", Default = 10, HelpText = "Batches to take the mean over.")]
    public int Batches { get; set; }

    protected override void Look(ScenePipeline pipeline, TrainStage training, SegmentationNetwork network, SafetensorsFile checkpoint, CancellationToken stop)
    {
        Configuration configuration = pipeline.Configuration;
        Device device = pipeline.Compute.Device;
        // L̂_ce alone, and L_kl alone.
        CorrelationLearning[] terms = [.. new[] { 1.0, 0.0 }.Select(weight =>
            CreateTransformers(pipeline, configuration.Correlation with { Weight = weight }, configuration.Feedback with { Weight = 1 - weight }))];
        foreach (Network trained in terms.SelectMany(term => term.Networks).Append(network.Backbone)) NetworkState.Restore(checkpoint, trained);

        TrainingScene[] scenes = [.. pipeline.TrainingScenes.Select(training.Load)];
        ClassBalance balance = ClassBalance.Of(scenes, network.Text.Classes.Count, configuration.Train.ClassBalance);
        double[] lengths = new double[s_losses.Length], cosines = new double[s_losses.Length];
        long pairs = 0, sampled = 0;
        for (int b = 0; b < Batches; b++)
        {
            stop.ThrowIfCancellationRequested();
            (int, TrainingScene)[] chosen = [.. Enumerable.Range(b * configuration.Train.BatchScenes, configuration.Train.BatchScenes).Select(i => (i % scenes.Length, scenes[i % scenes.Length]))];
            // An epoch that training did not have: other views, points and turns.
            using var batch = TrainingBatch.Build(device, chosen, configuration, configuration.Train.Epochs + 1, balance, configuration.Correlation.Points);
            float[][] gradients = [.. Enumerable.Range(0, s_losses.Length).Select(loss => Gradient(network, batch, loss == 0 ? null : terms[loss - 1]))];
            for (int loss = 0; loss < gradients.Length; loss++)
            {
                lengths[loss] += TensorPrimitives.Norm<float>(gradients[loss]) / Batches;
                cosines[loss] += TensorPrimitives.CosineSimilarity<float>(gradients[loss], gradients[0]) / Batches;
            }
            (pairs, sampled) = (pairs + batch.Pairs.Count, sampled + batch.Sample!.Labels.Count);
        }
        foreach (CorrelationLearning term in terms) term.Dispose();

        var table = new MarkdownTable("loss", "labels a step", "length of the gradient", "cosine to that of L_ce");
        string[] labels = [$"{pairs / Batches}", $"{sampled / Batches}", ""];
        for (int loss = 0; loss < s_losses.Length; loss++)
            table.Add(s_losses[loss], labels[loss], lengths[loss].ToString("0.00", CultureInfo.InvariantCulture), cosines[loss].ToString("0.00", CultureInfo.InvariantCulture));
        Console.Out.Write(table);
    }

    /// <summary>Of all parameters of the 3D network by one loss: L_ce, or what the transformers' terms leave.</summary>
    private static float[] Gradient(SegmentationNetwork network, TrainingBatch batch, CorrelationLearning? term)
    {
        MinkUNet14A backbone = network.Backbone;
        using Tensor input = batch.Input.Features(backbone.Device), output = backbone.Forward(batch.Input.Voxels, input, training: true);
        using Tensor gradient = backbone.Device.Memory.RentZeros(output.Rows, output.Columns);
        if (term is null) CrossEntropy.AgainstText(backbone.Device, output, network.TextRows, null, batch.Pairs, gradient, 1);
        else
        {
            using Tensor ofSample = term.Step(output, batch.Sample!, network.TextRows, withFeedback: true, 1).Gradient;
            Gather.Backward(backbone.Device, ofSample, batch.Sample!.Rows, gradient);
        }
        backbone.ClearGradients();
        backbone.Backward(gradient, null);
        return [.. backbone.Parameters.SelectMany(parameter => parameter.Gradient.ToArray())];
    }
}
