using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rgbd;

/// <summary>Which way is up in a recording.</summary>
public static class UpAxis
{
    /// <summary>The unit vector of the key rgbd.up: auto, x, -x, y, -y, z or -z.</summary>
    public static (float X, float Y, float Z) Of(string option, IReadOnlyList<Frame> frames) =>
        option == "auto" ? FromCameras(frames) : Parse(option, "rgbd.up");

    /// <summary>The unit vector of x, -x, y, -y, z or -z.</summary>
    /// <param name="axis">What the user wrote.</param>
    /// <param name="key">The option that it was written for.</param>
    /// <exception cref="ConfigurationException">Any other text.</exception>
    public static (float X, float Y, float Z) Parse(string axis, string key) => axis switch
    {
        "x" => (1, 0, 0),
        "-x" => (-1, 0, 0),
        "y" => (0, 1, 0),
        "-y" => (0, -1, 0),
        "z" => (0, 0, 1),
        "-z" => (0, 0, -1),
        _ => throw new ConfigurationException(key, $"'{axis}' is no axis", "Allowed: x, -x, y, -y, z, -z"),
    };

    /// <summary>The axis nearest to the mean of the cameras' own up (-y) directions: people hold cameras upright.</summary>
    private static (float X, float Y, float Z) FromCameras(IReadOnlyList<Frame> frames)
    {
        double x = 0, y = 0, z = 0;
        foreach (Frame frame in frames)
        {
            x -= frame.CameraToWorld.R01;
            y -= frame.CameraToWorld.R11;
            z -= frame.CameraToWorld.R21;
        }
        if (Math.Abs(z) >= Math.Abs(x) && Math.Abs(z) >= Math.Abs(y)) return (0, 0, z < 0 ? -1 : 1);
        return Math.Abs(y) >= Math.Abs(x) ? (0, y < 0 ? -1 : 1, 0) : (x < 0 ? -1 : 1, 0, 0);
    }
}
