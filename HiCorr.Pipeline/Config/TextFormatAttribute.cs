namespace HiCorr.Pipeline.Config;

/// <summary>A setting whose text is more than one of a few words.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class TextFormatAttribute : Attribute
{
    /// <summary>What may stand there, for the error.</summary>
    public abstract string Allowed { get; }

    public abstract bool Fits(string text);
}

/// <summary>An <see cref="ImageSize"/>, or one of the given words.</summary>
internal sealed class ImageSizeFormatAttribute(params string[] words) : TextFormatAttribute
{
    public override string Allowed => $"{string.Join(", ", words)}, a number of pixels, or WIDTHxHEIGHT; sides of 1 to {ImageSize.MaxSide}";

    public override bool Fits(string text) => words.Contains(text) || ImageSize.TryParse(text, out _);
}

/// <summary>Factors, separated by commas, each once.</summary>
internal sealed class ScalesFormatAttribute : TextFormatAttribute
{
    public const double Least = 0.1, Most = 8;

    public override string Allowed => System.FormattableString.Invariant($"different numbers from {Least} to {Most}, separated by commas, as in 0.75,1,1.25");

    public override bool Fits(string text) => Parse(text) is not null;

    /// <summary>The factors, null where the text is not of this form.</summary>
    public static double[]? Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        double[] scales = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            bool isNumber = double.TryParse(parts[i], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out scales[i]);
            if (!isNumber || !(scales[i] is >= Least and <= Most) || Array.IndexOf(scales, scales[i], 0, i) >= 0) return null;
        }
        return scales;
    }
}
