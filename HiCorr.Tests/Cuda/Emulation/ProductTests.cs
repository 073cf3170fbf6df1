using HiCorr.Native.Cuda;

namespace HiCorr.Tests.Cuda.Emulation;

/// <summary>The CPU twins of the tensor-core products, against double-precision products of operands that are rounded here by the formats' definitions.</summary>
public sealed class ProductTests() : EmulatorTests("products")
{
    private const int Rows = 16;
    private const int Columns = 8;

    [Theory]
    [InlineData("tf32_product_kernel", 8, 10, MidpointRounding.AwayFromZero)]
    [InlineData("bf16_product_kernel", 16, 7, MidpointRounding.ToEven)]
    [InlineData("fp16_product_kernel", 16, 10, MidpointRounding.ToEven)]
    [InlineData("ldmatrix_product_kernel", 16, 7, MidpointRounding.ToEven)]
    public void Product_is_that_of_the_rounded_operands(string kernel, int depth, int fractionBits, MidpointRounding rounding)
    {
        var random = new System.Random(depth);
        float[] a = [.. Enumerable.Range(0, Rows * depth).Select(_ => random.NextSingle() - 0.5f)];
        float[] b = [.. Enumerable.Range(0, depth * Columns).Select(_ => random.NextSingle() - 0.5f)];
        nint d = Driver.Allocate(Rows * Columns * sizeof(float));
        Launch(kernel, new LaunchShape(1, 32), Upload(a), Upload(b), d);

        float[] found = Download<float>(d, Rows * Columns);
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j < Columns; j++)
            {
                double expected = Enumerable.Range(0, depth)
                    .Sum(k => RoundTo(a[i * depth + k], fractionBits, rounding) * RoundTo(b[k * Columns + j], fractionBits, rounding));
                Assert.Equal(expected, found[i * Columns + j], 1e-6);
            }
    }

    [Fact]
    public void Operands_round_as_the_hardware_does()
    {
        float half = 1f / 2048;
        // Midpoints of tf32 and fp16 below and above an even neighbour, of bf16 likewise, then a large number, subnormals of fp16, infinity and NaN.
        float[] values =
        [
            1 + half, 1 + 3 * half, -1 - half, 1 + 1f / 256, 1 + 3f / 256, 65519.99f, 65520f, -65520f, 5.9604645e-8f, 2.9802322e-8f, 8.940697e-8f,
            float.PositiveInfinity, float.NaN, 0f, -0f, float.MaxValue,
        ];
        nint bits = Driver.Allocate(32 * 3 * sizeof(uint));
        float[] padded = [.. values, .. new float[32 - values.Length]];
        Launch("round_kernel", new LaunchShape(1, 32), Upload(padded), bits);

        uint[] found = Download<uint>(bits, 3 * 32);
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            float tf32 = BitConverter.UInt32BitsToSingle(found[3 * i]), bf16 = BitConverter.UInt32BitsToSingle(found[3 * i + 1] << 16);
            Half fp16 = BitConverter.UInt16BitsToHalf((ushort)found[3 * i + 2]);
            Assert.Equal((float)RoundTo(value, 10, MidpointRounding.AwayFromZero), tf32);
            Assert.Equal((float)RoundTo(value, 7, MidpointRounding.ToEven), bf16);
            Assert.Equal((Half)value, fp16);
        }
    }

    /// <summary>The nearest number with this many bits after the leading one.</summary>
    private static double RoundTo(double value, int fractionBits, MidpointRounding rounding)
    {
        if (value == 0 || !double.IsFinite(value)) return value;
        int exponent = Math.ILogB(value) - fractionBits;
        return Math.ScaleB(Math.Round(Math.ScaleB(value, -exponent), rounding), exponent);
    }
}
