namespace HiCorr.Pipeline.Vision;

/// <summary>Where the time of a prediction goes.</summary>
internal sealed class PredictionTimes
{
    public TimeSpan Network { get; set; }

    /// <summary>Scores of the cells, prompt denoising and key smoothing.</summary>
    public TimeSpan Scores { get; set; }

    public TimeSpan Upsampling { get; set; }

    public void Clear() => (Network, Scores, Upsampling) = (default, default, default);
}
