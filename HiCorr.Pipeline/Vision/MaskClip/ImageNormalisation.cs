namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>Mean and standard deviation per colour, of values from 0 to 1.</summary>
internal sealed record ImageNormalisation(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    private const string FileName = "preprocessor_config.json";

    /// <summary>What OpenAI's CLIP was trained with.</summary>
    public static readonly ImageNormalisation Clip = new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);

    /// <summary>What Hugging Face's preprocessor_config.json beside the model, or one folder up, says; CLIP's own where there is none.</summary>
    /// <exception cref="ArtefactException">The file says it in another way.</exception>
    public static ImageNormalisation Beside(string model)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        foreach (string? place in (string?[])[folder, Path.GetDirectoryName(folder)])
        {
            if (place is null || !File.Exists(Path.Combine(place, FileName))) continue;
            var root = JsonField.Read(Path.Combine(place, FileName));
            if (root["do_normalize"].IsPresent && !root["do_normalize"].Flag()) return new([0, 0, 0], [1, 1, 1]);
            return root["image_mean"].IsPresent ? new(ModelManifest.Triple(root["image_mean"], positive: false), ModelManifest.Triple(root["image_std"], positive: true)) : Clip;
        }
        return Clip;
    }
}
