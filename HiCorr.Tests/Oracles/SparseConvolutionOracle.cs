namespace HiCorr.Tests.Oracles;

/// <summary>
/// Sparse convolution as its definition says, in double precision, with a dictionary from voxel to row:
/// out(u) = Σ_i in(u + T d_i) kernel_i; strided and transposed pairs for kernel 2, stride 2. Uses nothing of the engine.
/// </summary>
public static class SparseConvolutionOracle
{
    public readonly record struct Voxel(int Batch, int X, int Y, int Z);

    /// <summary>Every (input row, kernel index, output row).</summary>
    /// <param name="inputs">Voxels of the input rows.</param>
    /// <param name="outputs">Voxels of the output rows.</param>
    /// <param name="kernelSize">K.</param>
    /// <param name="fineStride">Tensor stride of the finer of the two.</param>
    /// <param name="transposed">Whether inputs are the coarser ones.</param>
    public static List<(int Input, int Index, int Output)> Pairs(Voxel[] inputs, Voxel[] outputs, int kernelSize, int fineStride, bool transposed)
    {
        var rowOf = new Dictionary<Voxel, int>();
        for (int i = 0; i < inputs.Length; i++) rowOf.Add(inputs[i], i);
        var pairs = new List<(int, int, int)>();
        int low = kernelSize % 2 == 1 ? -(kernelSize / 2) : 0;
        for (int output = 0; output < outputs.Length; output++)
            for (int iz = 0; iz < kernelSize; iz++)
                for (int iy = 0; iy < kernelSize; iy++)
                    for (int ix = 0; ix < kernelSize; ix++)
                    {
                        int sign = transposed ? -1 : 1;
                        Voxel u = outputs[output];
                        var v = new Voxel(u.Batch, u.X + (sign * fineStride * (low + ix)), u.Y + (sign * fineStride * (low + iy)), u.Z + (sign * fineStride * (low + iz)));
                        if (rowOf.TryGetValue(v, out int input)) pairs.Add((input, ix + (kernelSize * iy) + (kernelSize * kernelSize * iz), output));
                    }
        return pairs;
    }

    /// <summary>out (Nout, Cout).</summary>
    public static double[] Forward(List<(int Input, int Index, int Output)> pairs, float[] input, float[] kernel, int outputRows, int inChannels, int outChannels)
    {
        double[] output = new double[outputRows * outChannels];
        foreach ((int i, int k, int o) in pairs)
            for (int a = 0; a < inChannels; a++)
                for (int b = 0; b < outChannels; b++)
                    output[(o * outChannels) + b] += (double)input[(i * inChannels) + a] * kernel[(((k * inChannels) + a) * outChannels) + b];
        return output;
    }

    /// <summary>Gradient of the input (Nin, Cin).</summary>
    public static double[] BackwardInput(List<(int Input, int Index, int Output)> pairs, float[] gradOutput, float[] kernel, int inputRows, int inChannels, int outChannels)
    {
        double[] gradient = new double[inputRows * inChannels];
        foreach ((int i, int k, int o) in pairs)
            for (int a = 0; a < inChannels; a++)
                for (int b = 0; b < outChannels; b++)
                    gradient[(i * inChannels) + a] += (double)gradOutput[(o * outChannels) + b] * kernel[(((k * inChannels) + a) * outChannels) + b];
        return gradient;
    }

    /// <summary>Gradient of the kernel (K³ Cin, Cout).</summary>
    public static double[] BackwardKernel(List<(int Input, int Index, int Output)> pairs, float[] input, float[] gradOutput, int volume, int inChannels, int outChannels)
    {
        double[] gradient = new double[volume * inChannels * outChannels];
        foreach ((int i, int k, int o) in pairs)
            for (int a = 0; a < inChannels; a++)
                for (int b = 0; b < outChannels; b++)
                    gradient[(((k * inChannels) + a) * outChannels) + b] += (double)input[(i * inChannels) + a] * gradOutput[(o * outChannels) + b];
        return gradient;
    }

    /// <summary>The voxels of the next coarser level: floor(c / T) T with T twice the stride, each once, in no particular order.</summary>
    public static HashSet<Voxel> Coarser(IEnumerable<Voxel> voxels, int stride)
    {
        int coarse = 2 * stride;
        return [.. voxels.Select(v => new Voxel(v.Batch, Floor(v.X), Floor(v.Y), Floor(v.Z)))];

        int Floor(int c) => (int)(Math.Floor(c / (double)coarse) * coarse);
    }
}
