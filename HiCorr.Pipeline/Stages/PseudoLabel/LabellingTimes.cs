using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.PseudoLabel;

/// <summary>Where the time of a scene goes. Reading (decode, resize) and writing run beside the network, so the parts sum to more than the whole.</summary>
internal sealed class LabellingTimes
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public TimeSpan Decode { get; set; }

    /// <summary>To the network's size, with normalisation.</summary>
    public TimeSpan Resize { get; set; }

    public PredictionTimes Prediction { get; set; } = new();

    public TimeSpan Write { get; set; }

    /// <summary>For <c>done.json</c>.</summary>
    /// <param name="frames">Of the scene.</param>
    /// <param name="labelledNow">Those that were not there before.</param>
    public string ToJson(int frames, int labelledNow)
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return JsonSerializer.Serialize(new
        {
            frames,
            labelledNow,
            seconds = Math.Round(seconds, 3),
            imagesPerSecond = labelledNow == 0 ? 0 : Math.Round(labelledNow / seconds, 2),
            secondsOf = new
            {
                decode = Rounded(Decode),
                resize = Rounded(Resize),
                network = Rounded(Prediction.Network),
                scores = Rounded(Prediction.Scores),
                upsampling = Rounded(Prediction.Upsampling),
                write = Rounded(Write),
            },
        });
    }

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
