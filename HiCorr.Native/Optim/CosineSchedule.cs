namespace HiCorr.Native.Optim;

/// <summary>Cosine decay: rate(t) = final + (start - final) (1 + cos(π t / total)) / 2, t counted in epochs from 0.</summary>
/// <param name="Start">Rate at t = 0.</param>
/// <param name="Total">Where the rate reaches <paramref name="Final"/>; it stays there.</param>
/// <param name="Final">Last rate.</param>
public sealed record CosineSchedule(double Start, int Total, double Final = 0)
{
    public double RateAt(double epoch) =>
        epoch >= Total ? Final : Final + ((Start - Final) * (1 + Math.Cos(Math.PI * epoch / Total)) / 2);
}
