using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Argmax;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Scenes;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Pipeline.Networks;

/// <summary>The text side that a 3D network is trained against: unit rows T̂ (C, d), frozen.</summary>
public sealed record TextEmbeddings(ClassList Classes, int Dimension, float[] Rows)
{
    /// <summary>Rows scaled to unit length, as L_ce wants them whatever the model pack's similarity is.</summary>
    public static TextEmbeddings Normalised(ClassList classes, int dimension, ReadOnlySpan<float> rows)
    {
        float[] unit = rows.ToArray();
        for (int c = 0; c < classes.Count; c++)
        {
            Span<float> row = unit.AsSpan(c * dimension, dimension);
            double squares = 0;
            foreach (float value in row) squares += (double)value * value;
            double length = Math.Sqrt(squares);
            if (length > 0) for (int i = 0; i < dimension; i++) row[i] = (float)(row[i] / length);
        }
        return new TextEmbeddings(classes, dimension, unit);
    }
}

/// <summary>
/// A 3D network with its classes: all that inference needs. label = argmax_c ⟨f, T̂_c⟩ per voxel, or by <see cref="Scoring"/>, copied to every point of
/// the voxel.
/// </summary>
public sealed class SegmentationNetwork : IDisposable
{
    private readonly Tensor _text;

    public SegmentationNetwork(Device device, TextEmbeddings text, double voxelSize, NetworkInputs inputs = NetworkInputs.Color, ulong seed = 0)
    {
        (Text, VoxelSize, Inputs) = (text, voxelSize, inputs);
        Backbone = new MinkUNet14A(device, inputs.Channels(), text.Dimension, seed);
        _text = device.Memory.Rent(text.Classes.Count, text.Dimension);
        _text.CopyFrom(text.Rows);
    }

    public TextEmbeddings Text { get; }

    /// <summary>Metres.</summary>
    public double VoxelSize { get; }

    public NetworkInputs Inputs { get; }

    /// <summary>
    /// Passes over a cloud, each turned further about the up axis, whose scores are averaged: a voxel's scores are the mean over its points in all passes
    /// (OpenScene's repeated validation).
    /// </summary>
    public int Turns { get; set; } = 1;

    /// <summary>For a network that was distilled from image features; null where labels taught it.</summary>
    public CosineScoring? Scoring { get; init; }

    public MinkUNet14A Backbone { get; }

    internal Tensor TextRows => _text; // (C, d)

    private Device Device => Backbone.Device;

    /// <summary>Class and softmax probability of every point.</summary>
    public Prediction Predict(PointCloud cloud, (float X, float Y, float Z) up)
    {
        if (cloud.Count == 0) return new Prediction([], []);
        using VoxelScores scores = Score(cloud, up);
        return scores.Best();
    }

    /// <summary>Class and softmax probability of every pixel, for a network that was trained on flat images (<see cref="VoxelInput.OfImages"/>).</summary>
    public Prediction Predict(ColorImage image)
    {
        using VoxelScores scores = Score(VoxelInput.OfImages(Device, [image]));
        return scores.Best();
    }

    /// <summary>The scores of a cloud that has points, of which <see cref="Predict(PointCloud, ValueTuple{float, float, float})"/> takes the best.</summary>
    internal VoxelScores Score(PointCloud cloud, (float X, float Y, float Z) up)
    {
        double[] upright = Upright.Rotation(up);
        VoxelScores scores = Pass(0);
        if (Turns == 1) return scores;
        scores = scores.OnHost();
        int[] points = new int[scores.Rows.Rows];
        for (int p = 0; p < cloud.Count; p++) points[scores.Input.RowOf(0, p)]++;
        for (int turn = 1; turn < Turns; turn++)
        {
            using VoxelScores further = Pass(2 * Math.PI * turn / Turns).OnHost();
            for (int p = 0; p < cloud.Count; p++)
            {
                int row = scores.Input.RowOf(0, p);
                Span<float> sum = scores.Rows.Row(row);
                TensorPrimitives.MultiplyAdd(further.Rows.Row(further.Input.RowOf(0, p)), 1f / points[row], sum, sum);
            }
        }
        TensorPrimitives.Multiply(scores.Rows.Span, 1f / Turns, scores.Rows.Span);
        return scores;

        VoxelScores Pass(double angle) => Score(VoxelInput.Build(Device, [(cloud, Upright.Turned(upright, angle))], VoxelSize, Inputs));
    }

    public void Dispose()
    {
        Backbone.Dispose();
        _text.Dispose();
    }

    /// <summary>Takes the input over.</summary>
    private VoxelScores Score(VoxelInput input)
    {
        using Tensor features = input.Features(Device);
        Tensor output = Backbone.Forward(input.Voxels, features, training: false), products = Device.Memory.Rent(output.Rows, Text.Classes.Count);
        CrossEntropy.Logits(Device, output, _text, null, products);
        var scores = new VoxelScores(input, Device, products);
        if (Scoring is not null)
        {
            output = Device.MoveToHost(output);
            scores = scores.OnHost();
            Scoring.Apply(output, scores.Rows);
        }
        output.Dispose();
        return scores;
    }
}

/// <summary>A score per voxel and class, and which voxel a point lies in.</summary>
internal sealed record VoxelScores(VoxelInput Input, Device Device, Tensor Rows) : IDisposable // Rows: (voxels, C), on the device
{
    /// <summary>The same on the processor; what lay elsewhere is given back.</summary>
    public VoxelScores OnHost() => new(Input, Device.Host, Device.MoveToHost(Rows));

    /// <summary>Class and softmax probability of every point or pixel of the first item.</summary>
    public Prediction Best()
    {
        byte[] voxelLabels = new byte[Rows.Rows];
        float[] voxelConfidence = new float[voxelLabels.Length];
        Argmax.Forward(Device, Rows, voxelLabels, voxelConfidence);
        byte[] labels = new byte[Input.FirstPoint[1]];
        float[] confidence = new float[labels.Length];
        for (int p = 0; p < labels.Length; p++)
        {
            int row = Input.RowOf(0, p);
            (labels[p], confidence[p]) = (voxelLabels[row], voxelConfidence[row]);
        }
        return new Prediction(labels, confidence);
    }

    public void Dispose()
    {
        Input.Dispose();
        Rows.Dispose();
    }
}

/// <summary>Class index and its softmax probability per point; <see cref="ClassList.None"/> and 0 where nothing is known of a point.</summary>
public sealed record Prediction(byte[] Labels, float[] Confidence); // (N) each
