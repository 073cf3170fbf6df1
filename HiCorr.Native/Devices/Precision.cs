namespace HiCorr.Native.Devices;

/// <summary>How a CUDA device rounds the factors of matrix products; sums and everything that is kept stay in float32.</summary>
public enum Precision
{
    /// <summary>Not at all.</summary>
    Fp32,

    /// <summary>To 10 bits of fraction, with float32's exponent.</summary>
    Tf32,

    /// <summary>bfloat16: to 7 bits of fraction, with float32's exponent.</summary>
    Bf16,

    /// <summary>float16: to 10 bits of fraction, between 6e-8 and 65,504: gradients want a loss scale.</summary>
    Fp16,
}
