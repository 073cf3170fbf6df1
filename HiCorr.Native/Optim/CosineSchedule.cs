namespace HiCorr.Native.Optim;

/// <summary>
/// Cosine decay: rate(t) = final + (start - final) (1 + cos(π t / total)) / 2, t counted in epochs from 0. With a warm-up the rate first rises linearly
/// from a twentieth of the start to the start, and the cosine goes over the rest.
/// </summary>
/// <param name="Start">Rate at t = 0, or after the warm-up.</param>
/// <param name="Total">Where the rate reaches <paramref name="Final"/>; it stays there.</param>
/// <param name="Final">Last rate.</param>
/// <param name="WarmUp">Epochs.</param>
public sealed record CosineSchedule(double Start, int Total, double Final = 0, double WarmUp = 0)
{
    private const double FirstShare = 0.05;

    public double RateAt(double epoch)
    {
        if (epoch < WarmUp) return Start * (FirstShare + ((1 - FirstShare) * epoch / WarmUp));
        return epoch >= Total ? Final : Final + ((Start - Final) * (1 + Math.Cos(Math.PI * (epoch - WarmUp) / (Total - WarmUp))) / 2);
    }
}
