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
                foreach (DepthTest test in new[] { new DepthTest(0.5, false), new DepthTest(0.3, true), new DepthTest(100, false) })
                {
                    (ProjectionView view, ushort[] depth) = View(angle, test);
                    VisiblePoints expected = Projection.Forward(onCpu, view, depth), actual = Projection.Forward(points, view, depth);
                    Assert.Equal(expected.Points, actual.Points);
                    KernelAssert.SameBits(expected.Columns, actual.Columns, "columns");
                    KernelAssert.SameBits(expected.Rows, actual.Rows, "rows");
                    seen += actual.Points.Length;
                }
        }
        Assert.True(seen > 500, $"{seen} points seen in all");
    }

    /// <summary>Every point lies on the outermost border of the image, by cx: one bit less, as from a fused product and sum, and it is not seen.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Rounds_every_product_and_sum_as_the_cpu_does(string name)
    {
        const int Points = 60;
        using CudaDevice device = KernelDevices.Open(name);
        var depthOfAll = new Pinhole(0, 0, 0, 0, 1, 1);
        float[] random = KernelData.Uniform("positions", 3 * Points);
        int tried = 0;
        for (int i = 0; i < Points; i++)
        {
            float[] position = [2 + random[3 * i], random[(3 * i) + 1], random[(3 * i) + 2]];
            (double sin, double cos) = Math.SinCos(0.4 + (0.01 * i));
            double[] m = [sin, -cos, 0.1, 0.3, 0, 0, -1, 0.1, cos, sin, 0.2, 1.7, 0, 0, 0, 1];
            double x = m[0] * position[0] + m[1] * position[1] + m[2] * position[2] + m[3], z = m[8] * position[0] + m[9] * position[1] + m[10] * position[2] + m[11];
            double cx = -0.5 - (3.3 * x / z);
            // Where that subtraction is rounded, the point lies beside the border.
            if ((3.3 * x / z) + cx != -0.5) continue;
            tried++;
            var view = new ProjectionView(m, new Pinhole(3.3, 1, cx, 500, 1000, 1000), depthOfAll, new DepthTest(100, false));
            using ProjectionPoints onCpu = new(CpuDevice.Default, position), points = new(device, position);
            Assert.Equal([-0.5f], Projection.Forward(onCpu, view, [1000]).Columns);
            Assert.Equal([-0.5f], Projection.Forward(points, view, [1000]).Columns);
        }
        Assert.InRange(tried, 20, Points);
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
