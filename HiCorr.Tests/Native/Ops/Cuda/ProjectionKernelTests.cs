using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Projection;
using HiCorr.Native.Random;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class ProjectionKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Sees_the_cpus_points_at_the_same_pixels_to_the_last_bit(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int seen = 0;
        foreach (int count in new[] { 0, 1, 31, 2047, 2049, 5000, name == KernelDevices.Gpu ? 2_000_000 : 7 })
        {
            float[] positions = KernelData.Uniform("positions", 3 * count);
            for (int i = 0; i < positions.Length; i++) positions[i] *= 3;
            if (count > 40) positions[3 * 40] = float.NaN;
            using ProjectionPoints onCpu = new(CpuDevice.Default, positions), points = new(device, positions);
            foreach (double angle in new[] { 0, 1.3, 3.9 })
                foreach (bool relative in new[] { false, true })
                {
                    (ProjectionView view, ushort[] depth) = View(angle, new DepthTest(relative ? 0.3 : 0.5, relative));
                    VisiblePoints expected = Projection.Forward(onCpu, view, depth), actual = Projection.Forward(points, view, depth);
                    Assert.Equal(expected.Points, actual.Points);
                    KernelAssert.SameBits(expected.Columns, actual.Columns, "columns");
                    KernelAssert.SameBits(expected.Rows, actual.Rows, "rows");
                    seen += actual.Points.Length;
                }
        }
        Assert.True(seen > 500, $"{seen} points seen in all");
    }

    /// <summary>Points on the borders of pixels, where one bit decides: 1/10 and 1/3 are no binary fractions.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Agrees_about_points_on_borders_of_pixels(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] positions = [.. Enumerable.Range(0, 1500).SelectMany(i => (float[])[(i % 50 - 25 + 0.5f) / 30 * 2.1f, (i / 50 - 15 + 0.5f) / 31 * 2.1f, 2.1f])];
        double[] straight = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
        var view = new ProjectionView(straight, new Pinhole(30, 31, 20, 14, 41, 30), new Pinhole(10, 31 / 3.0, 6.5, 4.5, 14, 10), new DepthTest(0.1, false));
        ushort[] depth = [.. Enumerable.Range(0, 140).Select(i => (ushort)(2000 + i % 3 * 100))];
        using ProjectionPoints onCpu = new(CpuDevice.Default, positions), points = new(device, positions);
        VisiblePoints expected = Projection.Forward(onCpu, view, depth), actual = Projection.Forward(points, view, depth);
        Assert.InRange(expected.Points.Length, 100, 1400);
        Assert.Equal(expected.Points, actual.Points);
        KernelAssert.SameBits(expected.Columns, actual.Columns, "columns");
    }

    private static (ProjectionView View, ushort[] Depth) View(double angle, DepthTest test)
    {
        (double sin, double cos) = Math.SinCos(angle);
        double[] worldToCamera = [cos, -sin, 0, 0.3, 0, 0, -1, 0.1, sin, cos, 0, -0.2, 0, 0, 0, 1];
        var random = new CounterRandom(3, "depth");
        ushort[] depth = [.. Enumerable.Range(0, 20 * 15).Select(i => (ushort)(i % 7 == 0 ? 0 : 500 + random.Integer((ulong)i, 3000)))];
        return (new ProjectionView(worldToCamera, new Pinhole(30, 31, 20.5, 14, 41, 30), new Pinhole(15, 15, 9, 8, 20, 15), test), depth);
    }
}
