namespace HiCorr.Pipeline.Scenes;

/// <summary>Turns a recording so that up becomes +z, which is what the network and its augmentation take for granted.</summary>
public static class Upright
{
    /// <summary>The rotation's rows, row-major: (x axis, y axis, up). World +y up maps (x, y, z) to (x, -z, y).</summary>
    /// <param name="up">Unit vector.</param>
    public static double[] Rotation((float X, float Y, float Z) up) // (3, 3)
    {
        (double X, double Y, double Z) z = (up.X, up.Y, up.Z);
        (double X, double Y, double Z) x = Math.Abs(z.X) > 0.9 ? (0, 1, 0) : (1, 0, 0);
        double along = Dot(x, z);
        x = (x.X - along * z.X, x.Y - along * z.Y, x.Z - along * z.Z);
        double length = Math.Sqrt(Dot(x, x));
        x = (x.X / length, x.Y / length, x.Z / length);
        (double X, double Y, double Z) y = (z.Y * x.Z - z.Z * x.Y, z.Z * x.X - z.X * x.Z, z.X * x.Y - z.Y * x.X);
        return [x.X, x.Y, x.Z, y.X, y.Y, y.Z, z.X, z.Y, z.Z];
    }

    /// <summary>The matrix followed by a turn about the up axis.</summary>
    /// <param name="upright">(3, 3), row-major.</param>
    /// <param name="angle">Radians.</param>
    public static double[] Turned(double[] upright, double angle)
    {
        (double sine, double cosine) = Math.SinCos(angle);
        double[] turned = [.. upright];
        for (int column = 0; column < 3; column++)
        {
            (double x, double y) = (upright[column], upright[3 + column]);
            turned[column] = cosine * x - sine * y;
            turned[3 + column] = sine * x + cosine * y;
        }
        return turned;
    }

    private static double Dot((double X, double Y, double Z) a, (double X, double Y, double Z) b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;
}
