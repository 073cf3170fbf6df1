namespace HiCorr.Native.Ops.Projection;

/// <summary>
/// The bounding box of every <see cref="Size"/> points that follow each other. Clouds and meshes keep near points near in the file, so that a camera, which
/// sees a small part of a scene, can pass over most of it by its boxes.
/// </summary>
internal sealed class PointBlocks
{
    /// <summary>Points in a block; the last one may have fewer.</summary>
    public const int Size = 64;

    private readonly float[] _boxes; // (blocks, 6): least x y z, largest x y z; NaN where a point is not a number

    /// <param name="positions">(N, 3)</param>
    public PointBlocks(ReadOnlySpan<float> positions)
    {
        const int Length = 3 * Size;
        _boxes = new float[(positions.Length + Length - 1) / Length * 6];
        for (int block = 0; block < _boxes.Length / 6; block++)
        {
            ReadOnlySpan<float> points = positions.Slice(block * Length, Math.Min(Length, positions.Length - block * Length));
            float lowX = points[0], lowY = points[1], lowZ = points[2], highX = lowX, highY = lowY, highZ = lowZ;
            for (int i = 3; i < points.Length; i += 3)
            {
                (lowX, highX) = (MathF.Min(lowX, points[i]), MathF.Max(highX, points[i]));
                (lowY, highY) = (MathF.Min(lowY, points[i + 1]), MathF.Max(highY, points[i + 1]));
                (lowZ, highZ) = (MathF.Min(lowZ, points[i + 2]), MathF.Max(highZ, points[i + 2]));
            }
            ReadOnlySpan<float> box = [lowX, lowY, lowZ, highX, highY, highZ];
            box.CopyTo(_boxes.AsSpan(6 * block));
        }
    }

    /// <summary>False where no point of the block can lie in the view; true for a block with a point that is not a number.</summary>
    public bool MayBeIn(in ViewPyramid view, int block)
    {
        ReadOnlySpan<float> box = _boxes.AsSpan(6 * block, 6);
        return view.MayHold(((double)box[0] + box[3]) / 2, ((double)box[1] + box[4]) / 2, ((double)box[2] + box[5]) / 2,
            ((double)box[3] - box[0]) / 2, ((double)box[4] - box[1]) / 2, ((double)box[5] - box[2]) / 2);
    }
}
