using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class CrossEntropyKernelTests
{
    private const double LossTolerance = 1e-6;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Loss_and_gradient_against_text_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // No row, one, tiles of 64 and 32 rows and one more or less; classes of every kernel and beyond; columns that fill no chunk.
        foreach ((int rows, int columns, int classes) in new[]
            {
                (0, 8, 3), (1, 1, 1), (63, 8, 3), (64, 32, 20), (65, 33, 32), (64, 70, 33), (33, 3, 128), (31, 20, 129), (33, 65, 256), (20, 6, 257),
            })
            foreach (bool hasBias in new[] { false, true })
            {
                Problem problem = Make(rows, columns, classes, hasBias);
                string shape = $"{rows} x {columns} against {classes} classes";
                (double loss, float[] gradient) = AgainstText(CpuDevice.Default, problem);
                (double kernelLoss, float[] kernelGradient) = AgainstText(device, problem);
                KernelAssert.Close(loss, kernelLoss, LossTolerance, "loss of " + shape);
                KernelAssert.Close(gradient, kernelGradient, KernelAssert.Products, "gradient of " + shape);
            }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Rows_without_labels_have_no_loss_and_no_gradient(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // More than 256 tiles, the threads that add up their losses.
        const int rows = 17_000;
        Problem problem = Make(rows, 5, 4, hasBias: false) with { Pairs = RowLabels.FromPairs(rows, [70, 16_500, rows - 1], [1, 2, 0], 4) };
        (double loss, float[] gradient) = AgainstText(CpuDevice.Default, problem);
        (double kernelLoss, float[] kernelGradient) = AgainstText(device, problem);
        KernelAssert.Close(loss, kernelLoss, LossTolerance, "loss");
        KernelAssert.Close(gradient, kernelGradient, KernelAssert.Products, "gradient");
        (double none, float[] zeros) = AgainstText(device, problem with { Pairs = RowLabels.FromPairs(rows, [], [], 4) });
        Assert.Equal(0, none);
        Assert.All(zeros, value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Logits_that_do_not_fit_at_once_are_made_in_turns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // 8 MiB are 511 rows.
        Problem problem = Make(513, 2, 4100, hasBias: true);
        (double loss, float[] gradient) = AgainstText(CpuDevice.Default, problem);
        (double kernelLoss, float[] kernelGradient) = AgainstText(device, problem);
        KernelAssert.Close(loss, kernelLoss, LossTolerance, "loss");
        KernelAssert.Close(gradient, kernelGradient, KernelAssert.Products, "gradient");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Gradient_replaces_features_that_are_some_columns(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach (int classes in new[] { 20, 300 })
        {
            Problem problem = Make(70, 13, classes, hasBias: true);
            (_, float[] gradient) = AgainstText(CpuDevice.Default, problem);
            (Tensor whole, Tensor view) = KernelData.Inside(device, problem.Features, 70, 13, before: classes == 20 ? 4 : 3);
            (Tensor wholeText, Tensor text) = KernelData.Inside(device, problem.Text, classes, 13);
            using (whole)
            using (wholeText)
            {
                using Tensor bias = KernelData.On(device, problem.Bias!, 1, classes);
                CrossEntropy.AgainstText(device, view, text, bias, problem.Pairs, view, 2);
                KernelAssert.Close(gradient, view.ToArray(), KernelAssert.Products, $"gradient of {classes} classes in place");
                Assert.All(whole.Slice(0, 3).ToArray().Concat(whole.Slice(18, 6).ToArray()), value => Assert.Equal(99, value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Loss_of_logits_and_its_gradient_in_place_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int classes) in new[] { (0, 3), (1, 1), (40, 3), (33, 8), (50, 300) })
        {
            RowLabels pairs = Labels(rows, classes);
            float[] logits = [.. KernelData.Uniform("logits", rows * classes).Select(x => 20 * x)];
            (double loss, float[] gradient) = Run(CpuDevice.Default);
            (double kernelLoss, float[] kernelGradient) = Run(device);
            KernelAssert.Close(loss, kernelLoss, LossTolerance, $"loss of {rows} x {classes}");
            KernelAssert.Close(gradient, kernelGradient, KernelAssert.Elementwise, $"gradient of {rows} x {classes}");

            (double, float[]) Run(Device on)
            {
                (Tensor whole, Tensor view) = KernelData.Inside(on, logits, rows, classes);
                using (whole) return (CrossEntropy.OfLogits(on, view, pairs, view, 2), view.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Logits_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int rows, int columns, int classes) in new[] { (0, 8, 3), (1, 1, 1), (65, 33, 20), (30, 64, 65) })
            foreach (bool hasBias in new[] { false, true })
            {
                Problem problem = Make(rows, columns, classes, hasBias);
                KernelAssert.Close(Logits(CpuDevice.Default, problem), Logits(device, problem), KernelAssert.Products, $"logits of {rows} x {classes}");
            }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_are_equal_to_the_last_bit(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        Problem problem = Make(name == KernelDevices.Gpu ? 200_000 : 1000, 32, 20, hasBias: true);
        (double loss, float[] gradient) = AgainstText(device, problem);
        for (int run = 0; run < 2; run++)
        {
            (double again, float[] sameGradient) = AgainstText(device, problem);
            Assert.Equal(loss, again);
            KernelAssert.SameBits(gradient, sameGradient, "gradient");
        }
    }

    private sealed record Problem(int Rows, int Columns, int Classes, float[] Features, float[] Text, float[]? Bias, RowLabels Pairs);

    private static Problem Make(int rows, int columns, int classes, bool hasBias) => new(rows, columns, classes,
        [.. KernelData.Uniform("features", rows * columns).Select(x => 2 * x)], KernelData.Uniform("text", classes * columns), hasBias ? KernelData.Uniform("bias", classes) : null, Labels(rows, classes));

    /// <summary>Rows with no label, one, two that are the same and three that contradict each other.</summary>
    private static RowLabels Labels(int rows, int classes)
    {
        List<int> ofRow = [], labels = [];
        for (int row = 0; row < rows; row++)
            for (int i = 0; i < row % 4; i++)
            {
                ofRow.Add(row);
                labels.Add((row * 7 + (row % 4 == 2 ? 0 : i * 5)) % classes);
            }
        return RowLabels.FromPairs(rows, [.. ofRow], [.. labels], classes);
    }

    private static (double Loss, float[] Gradient) AgainstText(Device device, Problem problem)
    {
        using Tensor features = KernelData.On(device, problem.Features, problem.Rows, problem.Columns);
        using Tensor text = KernelData.On(device, problem.Text, problem.Classes, problem.Columns);
        using Tensor? bias = problem.Bias is null ? null : KernelData.On(device, problem.Bias, 1, problem.Classes);
        using Tensor gradient = device.Memory.Rent(problem.Rows, problem.Columns);
        double loss = CrossEntropy.AgainstText(device, features, text, bias, problem.Pairs, gradient, 2);
        Assert.Equal(loss, CrossEntropy.AgainstText(device, features, text, bias, problem.Pairs, null));
        return (loss, gradient.ToArray());
    }

    private static float[] Logits(Device device, Problem problem)
    {
        using Tensor features = KernelData.On(device, problem.Features, problem.Rows, problem.Columns);
        using Tensor text = KernelData.On(device, problem.Text, problem.Classes, problem.Columns);
        using Tensor? bias = problem.Bias is null ? null : KernelData.On(device, problem.Bias, 1, problem.Classes);
        using Tensor logits = device.Memory.Rent(problem.Rows, problem.Classes);
        CrossEntropy.Logits(device, features, text, bias, logits);
        return logits.ToArray();
    }
}
