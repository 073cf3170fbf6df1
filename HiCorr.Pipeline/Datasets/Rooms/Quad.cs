using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>A four-sided patch, corners counter-clockwise seen from outside, with a normal per corner.</summary>
/// <param name="TwoSided">Cloth and glass have no inside: they are seen from both sides.</param>
/// <param name="Object">Index of the placed object it belongs to.</param>
internal readonly record struct Quad(
    Vector3 P0, Vector3 P1, Vector3 P2, Vector3 P3, Vector3 N0, Vector3 N1, Vector3 N2, Vector3 N3,
    Vector3 Flat, bool Smooth, bool TwoSided, Material Material, byte Label, int Object)
{
    /// <summary>The patch after a rotation and shift.</summary>
    public Quad Moved(in Matrix4x4 motion, int owner) => this with
    {
        P0 = Vector3.Transform(P0, motion), P1 = Vector3.Transform(P1, motion),
        P2 = Vector3.Transform(P2, motion), P3 = Vector3.Transform(P3, motion),
        N0 = Vector3.TransformNormal(N0, motion), N1 = Vector3.TransformNormal(N1, motion),
        N2 = Vector3.TransformNormal(N2, motion), N3 = Vector3.TransformNormal(N3, motion),
        Flat = Vector3.TransformNormal(Flat, motion), Object = owner,
    };
}
