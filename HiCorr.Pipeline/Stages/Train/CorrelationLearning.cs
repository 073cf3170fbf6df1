using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Ops.Elementwise;
using HiCorr.Native.Ops.KlDivergence;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// The two transformers that training adds to the 3D network, and their optimiser (HICL Sec. 3.2 and 3.3). The first one correlates the sampled
/// points of each scene, the second one, on its output, those of all scenes of the batch (Eq. 7). Both outputs are held against the refined labels:
/// L̂_ce is the mean of their cross entropies (Eq. 4). L_kl pulls the 3D features towards the last output (Eq. 8). Inference needs none of it.
/// </summary>
internal sealed class CorrelationLearning : IDisposable
{
    private readonly Device _device;
    private readonly CorrelationTransformer _intra;
    private readonly CorrelationTransformer? _inter;
    private readonly FeedbackConfiguration _feedback;
    private readonly float _weight;

    public CorrelationLearning(Device device, CorrelationConfiguration correlation, FeedbackConfiguration feedback, int width, ulong seed)
    {
        (_device, _feedback, _weight) = (device, feedback, (float)correlation.Weight);
        CorrelationBlockKind kind = correlation.Block == "linear" ? CorrelationBlockKind.Linear : CorrelationBlockKind.Vit;
        bool hasPosition = correlation.Position == "xyz";
        int heads = Math.Min(correlation.Heads, width);
        while (width % heads != 0) heads--;
        _intra = new CorrelationTransformer(device, "intra", width, kind, heads, hasPosition, seed);
        if (correlation.Scope == "inter") _inter = new CorrelationTransformer(device, "inter", width, kind, heads, hasPosition, seed);
        Optimiser = new AdamW(device, [.. Networks.SelectMany(network => network.Parameters)], weightDecay: correlation.WeightDecay);
    }

    public AdamW Optimiser { get; }

    public IEnumerable<Network> Networks => _inter is null ? [_intra] : [_intra, _inter];

    /// <summary>
    /// Forward and backward of both transformers. Their parameters' gradients are set, and the gradient of the sampled features is returned, (T, d),
    /// the caller's.
    /// </summary>
    /// <param name="features">Output of the 3D network, (voxels, d).</param>
    /// <param name="sample">Which of its rows.</param>
    /// <param name="text">T̂, (C, d).</param>
    /// <param name="withFeedback">Whether L_kl counts.</param>
    /// <param name="weight">Of each loss in the total, beside its own in the configuration; gradients are multiplied by both, the returned losses are not.</param>
    public (Tensor Gradient, double CrossEntropy, double Feedback) Step(Tensor features, SampledPoints sample, Tensor text, bool withFeedback, float weight)
    {
        foreach (Network network in Networks) network.ClearGradients();
        using Tensor tokens = TrainingPass.Take(_device, features, sample.Rows);
        using Tensor? positions = PositionsOf(sample);
        using Tensor intra = _intra.Forward(tokens, positions, sample.Scenes, training: true);
        using Tensor? inter = _inter?.Forward(intra, positions, RowSegments.Whole(sample.Rows.Length), training: true);

        float share = _weight * (inter is null ? weight : weight / 2);
        Tensor gradient = _device.Memory.Rent(intra.Rows, intra.Columns);
        double crossEntropy = CrossEntropy.AgainstText(_device, intra, text, null, sample.Labels, gradient, share), divergence = 0;
        using Tensor? gradStudent = withFeedback ? _device.Memory.Rent(tokens.Rows, tokens.Columns) : null;
        if (inter is null)
        {
            if (gradStudent is not null) divergence = Feedback(tokens, intra, text, gradStudent, gradient, weight);
        }
        else
        {
            using Tensor gradInter = _device.Memory.Rent(inter.Rows, inter.Columns);
            crossEntropy = (crossEntropy + CrossEntropy.AgainstText(_device, inter, text, null, sample.Labels, gradInter, share)) / 2;
            if (gradStudent is not null) divergence = Feedback(tokens, inter, text, gradStudent, gradInter, weight);
            _inter!.Backward(gradInter);
            Elementwise.Add(_device, gradInter, gradient);
        }
        _intra.Backward(gradient);
        if (gradStudent is not null) Elementwise.Add(_device, gradStudent, gradient);
        return (gradient, crossEntropy, divergence);
    }

    public void Dispose()
    {
        foreach (Network network in Networks) network.Dispose();
        Optimiser.Dispose();
    }

    /// <summary>L_kl; fills gradStudent, and adds to gradTeacher unless the teacher is detached.</summary>
    private double Feedback(Tensor student, Tensor teacher, Tensor text, Tensor gradStudent, Tensor gradTeacher, float weight)
    {
        using Tensor? own = _feedback.Detach ? null : _device.Memory.Rent(teacher.Rows, teacher.Columns);
        weight *= (float)_feedback.Weight;
        double loss = _feedback.Distribution == "classes"
            ? KlDivergence.OverClasses(_device, student, teacher, text, gradStudent, own, weight)
            : KlDivergence.OverChannels(_device, student, teacher, gradStudent, own, weight);
        if (own is not null) Elementwise.Add(_device, own, gradTeacher);
        return loss;
    }

    private Tensor? PositionsOf(SampledPoints sample)
    {
        if (!_intra.HasPosition) return null;
        Tensor positions = _device.Memory.Rent(sample.Rows.Length, 3);
        positions.CopyFrom(sample.Positions);
        return positions;
    }
}
