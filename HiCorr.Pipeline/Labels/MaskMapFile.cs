using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>One mask map as a grey PNG of 16 bits, as instance maps are kept: 0 = no mask. Any viewer shows it, and masks from elsewhere can be put in.</summary>
public static class MaskMapFile
{
    public const string Extension = ".masks.png";

    /// <summary>Most masks that 16 bits can number beside 0.</summary>
    public const int MostMasks = ushort.MaxValue;

    // The PNG code knows 16-bit grey images as depth images.
    public static void Write(string path, MaskMap map) => PngWriter.WriteGray16(path, new DepthImage(map.Width, map.Height, map.Ids));

    /// <exception cref="ArtefactException">Missing or damaged.</exception>
    public static MaskMap Read(string path)
    {
        try
        {
            DepthImage image = PngReader.ReadGray16(path);
            return new MaskMap(image.Width, image.Height, image.Millimetres, image.Millimetres.Max());
        }
        catch (InputException error)
        {
            throw ArtefactException.From(error);
        }
    }
}
