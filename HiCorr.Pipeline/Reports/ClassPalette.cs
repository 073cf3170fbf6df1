using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>Colours of classes: ScanNet's own for the NYU40 names that it colours, distinct ones for all others.</summary>
public sealed class ClassPalette
{
    /// <summary>Step of the hue between unnamed classes: the golden ratio keeps any number of them apart.</summary>
    private const double HueStep = 0.618033988749895;

    private static readonly (byte R, byte G, byte B) s_none = (70, 70, 70);

    /// <summary>ScanNet's label colours for NYU40 classes.</summary>
    private static readonly Dictionary<string, (byte R, byte G, byte B)> s_scanNet = new(StringComparer.OrdinalIgnoreCase)
    {
        ["wall"] = (174, 199, 232), ["floor"] = (152, 223, 138), ["cabinet"] = (31, 119, 180), ["bed"] = (255, 187, 120), ["chair"] = (188, 189, 34),
        ["sofa"] = (140, 86, 75), ["table"] = (255, 152, 150), ["door"] = (214, 39, 40), ["window"] = (197, 176, 213), ["bookshelf"] = (148, 103, 189),
        ["picture"] = (196, 156, 148), ["counter"] = (23, 190, 207), ["blinds"] = (178, 76, 76), ["desk"] = (247, 182, 210), ["shelves"] = (66, 188, 102),
        ["curtain"] = (219, 219, 141), ["dresser"] = (140, 57, 197), ["pillow"] = (202, 185, 52), ["mirror"] = (51, 176, 203), ["floor mat"] = (200, 54, 131),
        ["clothes"] = (92, 193, 61), ["ceiling"] = (78, 71, 183), ["books"] = (172, 114, 82), ["refrigerator"] = (255, 127, 14), ["television"] = (91, 163, 138),
        ["paper"] = (153, 98, 156), ["towel"] = (140, 153, 101), ["shower curtain"] = (158, 218, 229), ["box"] = (100, 125, 154), ["whiteboard"] = (178, 127, 135),
        ["person"] = (120, 185, 128), ["night stand"] = (146, 111, 194), ["toilet"] = (44, 160, 44), ["sink"] = (112, 128, 144), ["lamp"] = (96, 207, 209),
        ["bathtub"] = (227, 119, 194), ["bag"] = (213, 92, 176), ["other structure"] = (94, 106, 211), ["other furniture"] = (82, 84, 163), ["other prop"] = (100, 85, 144),
    };

    private readonly (byte R, byte G, byte B)[] _colors;

    public ClassPalette(ClassList classes)
    {
        Classes = classes;
        _colors = new (byte, byte, byte)[classes.Count];
        int unnamed = 0;
        for (int c = 0; c < _colors.Length; c++)
            _colors[c] = s_scanNet.TryGetValue(classes.Names[c], out (byte, byte, byte) color) ? color : Generated(unnamed++);
    }

    public ClassList Classes { get; }

    /// <summary>Colour of a class; dark grey for <see cref="ClassList.None"/> and any index outside the list.</summary>
    public (byte R, byte G, byte B) this[byte label] => label < _colors.Length ? _colors[label] : s_none;

    /// <summary>Red, green, blue per label. (N, 3)</summary>
    public byte[] Colorize(ReadOnlySpan<byte> labels)
    {
        byte[] colors = new byte[3 * labels.Length];
        for (int i = 0; i < labels.Length; i++) (colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]) = this[labels[i]];
        return colors;
    }

    /// <summary>Every class that occurs among <paramref name="labels"/>, in the order of the list.</summary>
    public IReadOnlyList<(string Name, (byte R, byte G, byte B) Color)> LegendOf(params ReadOnlySpan<byte[]> labels)
    {
        bool[] present = new bool[256];
        foreach (byte[] some in labels)
            foreach (byte label in some) present[label] = true;
        return [.. Enumerable.Range(0, Classes.Count).Where(c => c < ClassList.None && present[c]).Select(c => (Classes.Names[c], _colors[c]))];
    }

    /// <summary>Hues by the golden ratio, with brightness in three steps.</summary>
    private static (byte R, byte G, byte B) Generated(int index)
    {
        double hue = 6 * ((index * HueStep + 0.05) % 1), value = 230 - 55 * (index % 3), saturation = 0.85 - 0.2 * (index / 3 % 2);
        return (Channel(5), Channel(3), Channel(1));

        byte Channel(double offset)
        {
            double k = (offset + hue) % 6;
            return (byte)Math.Round(value * (1 - saturation * Math.Clamp(Math.Min(k, 4 - k), 0, 1)));
        }
    }
}
