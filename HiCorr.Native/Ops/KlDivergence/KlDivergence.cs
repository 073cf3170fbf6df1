using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.KlDivergence;

/// <summary>
/// Feedback distillation (HICL Eq. 8): the mean over rows of KL(teacher ‖ student) at temperature 1,
///   loss = 1/N Σ_m Σ_c p_mc (log p_mc - log q_mc),   p = softmax(teacher), q = softmax(student)                    student, teacher (N, C)
/// over the channels (after CLIP2Scene's DistillKL; the paper does not say), or over classes: softmax of features against text embeddings.
/// Gradients: ∂/∂student_mc = (q_mc - p_mc) / N;  ∂/∂teacher_mc = p_mc (log p_mc - log q_mc - KL_m) / N, for a teacher that is not detached.
/// Without rows loss and gradients are 0.
/// </summary>
public static partial class KlDivergence
{
    /// <summary>Loss of distributions over the C columns.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="student">(N, C).</param>
    /// <param name="teacher">(N, C).</param>
    /// <param name="gradStudent">(N, C), overwritten with the gradient; may be the student itself; null to leave it out.</param>
    /// <param name="gradTeacher">The same for the teacher; null detaches it.</param>
    /// <param name="weight">The gradients are multiplied by it, the returned loss is not.</param>
    public static double OverChannels(Device device, Tensor student, Tensor teacher, Tensor? gradStudent, Tensor? gradTeacher = null, float weight = 1)
    {
        Check(student, teacher);
        Check(student, gradStudent ?? student);
        Check(student, gradTeacher ?? student);
        return device is CudaDevice cuda ? OverChannelsCuda(cuda, student, teacher, gradStudent, gradTeacher, weight) : OverChannelsCpu((CpuDevice)device, student, teacher, gradStudent, gradTeacher, weight);
    }

    /// <summary>Loss of distributions over classes, softmax(features @ text^T); text (K, C) is fixed, the rest as in <see cref="OverChannels"/>.</summary>
    public static double OverClasses(Device device, Tensor student, Tensor teacher, Tensor text, Tensor? gradStudent, Tensor? gradTeacher = null, float weight = 1)
    {
        Check(student, teacher);
        using Tensor studentLogits = device.Memory.Rent(student.Rows, text.Rows), teacherLogits = device.Memory.Rent(student.Rows, text.Rows);
        CrossEntropy.CrossEntropy.Logits(device, student, text, null, studentLogits);
        CrossEntropy.CrossEntropy.Logits(device, teacher, text, null, teacherLogits);
        double loss = OverChannels(device, studentLogits, teacherLogits, gradStudent is null ? null : studentLogits, gradTeacher is null ? null : teacherLogits, weight);
        if (gradStudent is not null) Linear.Linear.Forward(device, studentLogits, text, null, gradStudent);
        if (gradTeacher is not null) Linear.Linear.Forward(device, teacherLogits, text, null, gradTeacher);
        return loss;
    }

    private static void Check(Tensor student, Tensor other)
    {
        if (student.Rows != other.Rows || student.Columns != other.Columns)
            throw new ArgumentException($"student is {student.Rows} x {student.Columns}, the other {other.Rows} x {other.Columns}");
    }
}
