namespace HiCorr.Tests.Oracles;

/// <summary>The parts of a transformer as their definitions say, in double precision and with whole weight matrices. Uses nothing of the engine.</summary>
public static class TransformerOracle
{
    /// <summary>erf by the series 2/√π e^(-x²) Σ 2^n x^(2n+1) / (1·3·5···(2n+1)), whose terms all have one sign.</summary>
    public static double Erf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 400; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    public static double Gelu(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    public static double GeluSlope(double x) => ((1 + Erf(x / Math.Sqrt(2))) / 2) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));

    /// <summary>(x - mean) / sqrt(var + 1e-5) * weight + bias for rows of a given width.</summary>
    public static double[] LayerNorm(double[] x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        int width = weight.Length;
        double[] y = new double[x.Length];
        for (int row = 0; row < x.Length; row += width)
        {
            double mean = 0, variance = 0;
            for (int c = 0; c < width; c++) mean += x[row + c] / width;
            for (int c = 0; c < width; c++) variance += (x[row + c] - mean) * (x[row + c] - mean) / width;
            for (int c = 0; c < width; c++) y[row + c] = ((x[row + c] - mean) / Math.Sqrt(variance + 1e-5) * weight[c]) + bias[c];
        }
        return y;
    }

    /// <summary>x @ weight + bias; x (N, Cin), weight (Cin, Cout).</summary>
    public static double[] Linear(double[] x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        int outputs = bias.Length, inputs = weight.Length / outputs;
        double[] y = new double[x.Length / inputs * outputs];
        for (int row = 0; row < x.Length / inputs; row++)
            for (int o = 0; o < outputs; o++)
            {
                double sum = bias[o];
                for (int i = 0; i < inputs; i++) sum += x[(row * inputs) + i] * weight[(i * outputs) + o];
                y[(row * outputs) + o] = sum;
            }
        return y;
    }

    /// <summary>Columns first to first + columns - 1 of rows of a given width.</summary>
    public static double[] Columns(double[] x, int width, int first, int columns)
    {
        double[] part = new double[x.Length / width * columns];
        for (int i = 0; i < part.Length; i++) part[i] = x[(i / columns * width) + first + (i % columns)];
        return part;
    }

    /// <summary>Softmax weights [head][m][n] of all rows for all rows, 0 between sequences, and the logarithms [head][m] of the sums.</summary>
    public static (double[] Weights, double[] LogSums) Weights(double[] q, double[] k, int[] lengths, int heads, int width)
    {
        int rows = lengths.Sum(), head = width / heads;
        double[] weights = new double[heads * rows * rows], logSums = new double[heads * rows];
        foreach ((int first, int end) in Sequences(lengths))
            for (int h = 0; h < heads; h++)
                for (int m = first; m < end; m++)
                {
                    double[] scores = new double[end - first];
                    for (int n = first; n < end; n++)
                        for (int c = h * head; c < (h + 1) * head; c++) scores[n - first] += q[(m * width) + c] * k[(n * width) + c] / Math.Sqrt(head);
                    double largest = scores.Max(), sum = scores.Sum(s => Math.Exp(s - largest));
                    logSums[(h * rows) + m] = largest + Math.Log(sum);
                    for (int n = first; n < end; n++) weights[(((h * rows) + m) * rows) + n] = Math.Exp(scores[n - first] - largest) / sum;
                }
        return (weights, logSums);
    }

    /// <summary>Σ_n w_mn v_n.</summary>
    public static double[] Attend(double[] weights, double[] v, int heads, int width)
    {
        int rows = v.Length / width, head = width / heads;
        double[] output = new double[v.Length];
        for (int m = 0; m < rows; m++)
            for (int n = 0; n < rows; n++)
                for (int c = 0; c < width; c++) output[(m * width) + c] += weights[((((c / head) * rows) + m) * rows) + n] * v[(n * width) + c];
        return output;
    }

    /// <summary>Gradients of q, k and v.</summary>
    public static (double[] Q, double[] K, double[] V) AttentionBackward(double[] q, double[] k, double[] v, double[] weights, double[] gradOutput, int heads, int width)
    {
        int rows = v.Length / width, head = width / heads;
        double[] gradQ = new double[q.Length], gradK = new double[q.Length], gradV = new double[q.Length];
        for (int h = 0; h < heads; h++)
            for (int m = 0; m < rows; m++)
            {
                double[] onWeights = new double[rows];
                double inner = 0;
                for (int n = 0; n < rows; n++)
                {
                    double w = weights[(((h * rows) + m) * rows) + n];
                    for (int c = h * head; c < (h + 1) * head; c++)
                    {
                        onWeights[n] += gradOutput[(m * width) + c] * v[(n * width) + c];
                        gradV[(n * width) + c] += w * gradOutput[(m * width) + c];
                    }
                    inner += w * onWeights[n];
                }
                for (int n = 0; n < rows; n++)
                {
                    double slope = weights[(((h * rows) + m) * rows) + n] * (onWeights[n] - inner) / Math.Sqrt(head);
                    for (int c = h * head; c < (h + 1) * head; c++)
                    {
                        gradQ[(m * width) + c] += slope * k[(n * width) + c];
                        gradK[(n * width) + c] += slope * q[(m * width) + c];
                    }
                }
            }
        return (gradQ, gradK, gradV);
    }

    /// <summary>A pre-norm block; <paramref name="parameter"/> gives an array by the end of its name.</summary>
    public static double[] VitBlock(double[] x, Func<string, float[]> parameter, int[] lengths, int heads)
    {
        int width = parameter("norm1.weight").Length;
        double[] attended = SelfAttention(LayerNorm(x, parameter("norm1.weight"), parameter("norm1.bias")), parameter, lengths, heads, width);
        double[] middle = Sum(x, Linear(attended, parameter("attn.proj.kernel"), parameter("attn.proj.bias")));
        double[] hidden = Linear(LayerNorm(middle, parameter("norm2.weight"), parameter("norm2.bias")), parameter("mlp.fc1.kernel"), parameter("mlp.fc1.bias"));
        return Sum(middle, Linear([.. hidden.Select(Gelu)], parameter("mlp.fc2.kernel"), parameter("mlp.fc2.bias")));
    }

    /// <summary>HICL Eq. 3.</summary>
    public static double[] LinearBlock(double[] f, Func<string, float[]> parameter, int[] lengths, int heads)
    {
        double[] middle = Sum(f, SelfAttention(f, parameter, lengths, heads, parameter("linear.bias").Length));
        return Sum(middle, Linear(middle, parameter("linear.kernel"), parameter("linear.bias")));
    }

    public static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] SelfAttention(double[] x, Func<string, float[]> parameter, int[] lengths, int heads, int width)
    {
        double[] qkv = Linear(x, parameter("attn.qkv.kernel"), parameter("attn.qkv.bias"));
        double[] q = Columns(qkv, 3 * width, 0, width), k = Columns(qkv, 3 * width, width, width), v = Columns(qkv, 3 * width, 2 * width, width);
        return Attend(Weights(q, k, lengths, heads, width).Weights, v, heads, width);
    }

    private static IEnumerable<(int First, int End)> Sequences(int[] lengths)
    {
        int first = 0;
        foreach (int length in lengths)
        {
            yield return (first, first + length);
            first += length;
        }
    }
}
