using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Tests.Vision.MaskClip;

public sealed class MaskClipBiasTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_pack_takes_a_number_per_class_along()
    {
        NpyWriter.Write<float>(_folder.PathOf("rows.npy"), [.. Enumerable.Range(0, 40).Select(i => i % 20 == i / 20 ? 1f : 0f)], 2, 20);
        NpyWriter.Write<float>(_folder.PathOf("bias.npy"), [0.25f, -0.5f], 2);
        File.WriteAllText(_folder.PathOf("classes.txt"), "wall\nfloor\n");
        string target = _folder.PathOf("pack");

        MaskClipPack.Write(new MaskClipSources
        {
            Image = Path.Combine(ClipGolden.Folder, "stem", "vision_model.onnx"), Embeddings = _folder.PathOf("rows.npy"), Classes = _folder.PathOf("classes.txt"),
            Bias = _folder.PathOf("bias.npy"), LogitScale = 15, Out = target,
        });

        Assert.Equal([0.25f, -0.5f], ModelPack.Open(target).Bias!);
    }
}
