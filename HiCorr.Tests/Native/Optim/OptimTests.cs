using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Optim;

public sealed class OptimTests
{
    /// <summary>golden/torch/sgd: five steps with given gradients.</summary>
    [Fact]
    public void Sgd_gives_parameters_and_momentum_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/sgd");
        using var device = new CpuDevice(2);
        using var parameter = new Parameter(device, "p", 40);
        using var sgd = new Sgd(device, [parameter], 0.9f, 0.1f, 1e-4f);
        parameter.Value.CopyFrom(golden.Floats("params_before"));
        float[] gradients = golden.Floats("gradients");
        var parameters = new List<float>();
        var momenta = new List<float>();

        for (int step = 0; step < 5; step++)
        {
            parameter.Gradient.CopyFrom(gradients.AsSpan(step * 40, 40));
            sgd.Step(0.2);
            parameters.AddRange(parameter.Value.ToArray());
            momenta.AddRange(sgd.Buffers[0].Value.ToArray());
        }

        golden.AssertClose("params", [.. golden.Doubles("params").Select(v => (float)v)], parameters.ToArray());
        golden.AssertClose("momentum_buffer", [.. golden.Doubles("momentum_buffer").Select(v => (float)v)], momenta.ToArray());
    }

    [Fact]
    public void Sgd_goes_on_from_saved_state_with_the_same_bits()
    {
        using var device = new CpuDevice(1);
        using Parameter straight = new(device, "p", 3, 5), resumed = new(device, "p", 3, 5);
        using var first = new Sgd(device, [straight]);
        straight.Value.CopyFrom(Numbers.Normal(15, 1));
        straight.Gradient.CopyFrom(Numbers.Normal(15, 2));
        first.Step(0.1);
        using var second = new Sgd(device, [resumed]);
        resumed.Value.CopyFrom(straight.Value.Span);
        resumed.Gradient.CopyFrom(straight.Gradient.Span);
        second.Buffers[0].Value.CopyFrom(first.Buffers[0].Value.Span);
        second.Steps.Value = first.Steps.Value;

        first.Step(0.1);
        second.Step(0.1);

        Assert.Equal(straight.Value.ToArray(), resumed.Value.ToArray());
    }

    /// <summary>golden/torch/adamw: five steps with given gradients.</summary>
    [Fact]
    public void AdamW_gives_parameters_and_moments_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/adamw");
        using var device = new CpuDevice(2);
        using var parameter = new Parameter(device, "p", 40);
        using var adamw = new AdamW(device, [parameter]);
        parameter.Value.CopyFrom(golden.Floats("params_before"));
        float[] gradients = golden.Floats("gradients");
        List<float> parameters = [], first = [], second = [];

        for (int step = 0; step < 5; step++)
        {
            parameter.Gradient.CopyFrom(gradients.AsSpan(step * 40, 40));
            adamw.Step(golden.Description.GetProperty("lr").GetDouble());
            parameters.AddRange(parameter.Value.ToArray());
            first.AddRange(adamw.Buffers[0].Value.ToArray());
            second.AddRange(adamw.Buffers[1].Value.ToArray());
        }

        golden.AssertClose("params", golden.Singles("params"), parameters.ToArray());
        golden.AssertClose("first_moment", golden.Singles("first_moment"), first.ToArray());
        golden.AssertClose("second_moment", golden.Singles("second_moment"), second.ToArray());
    }

    [Fact]
    public void AdamW_is_its_formula_over_more_than_one_block()
    {
        using var device = new CpuDevice(2);
        const int count = 70_001;
        using var parameter = new Parameter(device, "p", count);
        using var adamw = new AdamW(device, [parameter], 0.8, 0.95, 1e-6, 0.1);
        double[] p = [.. Numbers.Normal(count, 1).Select(v => (double)v)], m = new double[count], v = new double[count];
        parameter.Value.CopyFrom(Numbers.Normal(count, 1));
        for (int t = 1; t <= 3; t++)
        {
            float[] gradient = Numbers.Normal(count, (ulong)t + 1);
            parameter.Gradient.CopyFrom(gradient);
            adamw.Step(0.05);
            for (int i = 0; i < count; i++)
            {
                double g = gradient[i];
                p[i] *= 1 - (0.05 * 0.1);
                m[i] = (0.8 * m[i]) + (0.2 * g);
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                p[i] -= 0.05 * (m[i] / (1 - Math.Pow(0.8, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, t))) + 1e-6);
            }
        }

        Numbers.AssertClose(p, parameter.Value.Span, 1e-6);
    }

    [Fact]
    public void AdamW_goes_on_from_saved_state_with_the_same_bits_for_any_number_of_threads()
    {
        using CpuDevice one = new(1), eight = new(8);
        const int count = 200_000;
        using Parameter straight = new(one, "p", count), resumed = new(eight, "p", count);
        using var first = new AdamW(one, [straight]);
        straight.Value.CopyFrom(Numbers.Normal(count, 1));
        straight.Gradient.CopyFrom(Numbers.Normal(count, 2));
        first.Step(0.1);
        using var second = new AdamW(eight, [resumed]);
        resumed.Value.CopyFrom(straight.Value.Span);
        resumed.Gradient.CopyFrom(straight.Gradient.Span);
        for (int i = 0; i < 2; i++) second.Buffers[i].Value.CopyFrom(first.Buffers[i].Value.Span);
        second.Steps.Value = first.Steps.Value;

        first.Step(0.1);
        second.Step(0.1);

        Assert.Equal(straight.Value.ToArray(), resumed.Value.ToArray());
        Assert.Equal(["p.exp_avg", "p.exp_avg_sq"], first.Buffers.Select(buffer => buffer.Name));
    }

    [Fact]
    public void Sgd_gives_an_entry_the_same_bits_in_a_vector_and_alone() => AssertSameBitsAlone((device, parameters) => new Sgd(device, parameters));

    [Fact]
    public void AdamW_gives_an_entry_the_same_bits_in_a_vector_and_alone() => AssertSameBitsAlone((device, parameters) => new AdamW(device, parameters));

    /// <summary>Entries of one parameter go through vectors, parameters of one entry through the loop for the rest.</summary>
    private static void AssertSameBitsAlone(Func<CpuDevice, IReadOnlyList<Parameter>, IOptimiser> create)
    {
        const int count = 67;
        using CpuDevice device = new(1);
        using var together = new Parameter(device, "p", count);
        Parameter[] alone = [.. Enumerable.Range(0, count).Select(i => new Parameter(device, $"p{i}", 1))];
        using IOptimiser ofAll = create(device, [together]), ofEach = create(device, alone);
        float[] start = Numbers.Normal(count, 1);
        together.Value.CopyFrom(start);
        for (int i = 0; i < count; i++) alone[i].Value.Span[0] = start[i];

        for (ulong step = 2; step < 5; step++)
        {
            float[] gradient = Numbers.Normal(count, step);
            together.Gradient.CopyFrom(gradient);
            for (int i = 0; i < count; i++) alone[i].Gradient.Span[0] = gradient[i];
            ofAll.Step(0.1);
            ofEach.Step(0.1);
        }

        Assert.Equal(together.Value.ToArray(), alone.Select(parameter => parameter.Value.Span[0]));
        foreach (Parameter parameter in alone) parameter.Dispose();
    }

    /// <summary>golden/torch/cosine-lr.</summary>
    [Fact]
    public void Cosine_schedule_gives_the_rates_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/cosine-lr");
        var schedule = new CosineSchedule(0.2, 120);

        double[] rates = [.. Enumerable.Range(0, 121).Select(epoch => schedule.RateAt(epoch))];

        foreach (string array in new[] { "lr", "lr_closed_form" })
        {
            double[] expected = golden.Doubles(array);
            for (int i = 0; i < rates.Length; i++) Assert.Equal(expected[i], rates[i], golden.Tolerances(array)[0]);
        }
    }

    [Theory]
    [InlineData(0, 0.05)]
    [InlineData(1, 0.525)]
    [InlineData(2, 1)]
    [InlineData(6, 0.5)]
    [InlineData(10, 0)]
    public void Cosine_schedule_begins_after_the_warm_up(double epoch, double rate) => Assert.Equal(rate, new CosineSchedule(1, 10, WarmUp: 2).RateAt(epoch), 1e-12);

    [Fact]
    public void Cosine_schedule_stays_at_its_end() => Assert.Equal(0.01, new CosineSchedule(1, 10, 0.01).RateAt(11));
}
