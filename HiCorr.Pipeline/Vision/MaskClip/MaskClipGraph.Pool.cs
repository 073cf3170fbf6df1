using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>ResNets with an attention pool.</summary>
internal sealed partial class MaskClipGraph
{
    /// <summary>Every cell keeps its own value, Projection(Value(x)), and its key, both without position embedding.</summary>
    private ModelProto Dense(ClipResNet tower)
    {
        (string cells, string shape) = Patches();
        string x = Tokens(cells);
        Return(Linear(Linear(x, tower.Attention.Value, "pool.value"), tower.Projection, "projection"), Features, tower.Dimension, shape);
        Return(Linear(x, tower.Attention.Key, "pool.key"), Keys, tower.Width, shape);
        return _builder.Build("maskclip", Opset, IrVersion);
    }

    /// <summary>The mean attends to itself and all cells.</summary>
    private ModelProto Whole(ClipResNet tower)
    {
        GraphBuilder b = _builder;
        (string cells, string shape) = Patches();
        string x = Tokens(cells);
        x = b.Node("Concat", [b.Node("ReduceMean", [x], ("axes", new long[] { 1 }), ("keepdims", 1L)), x], ("axis", 1L));
        x = Attend(b.Node("Add", [x, Position(shape)]), tower.Attention, "pool");
        b.Output(Linear(FirstToken(x), tower.Projection, "projection"), Embedding, "images", tower.Dimension);
        return b.Build("clip", Opset, IrVersion);
    }
}
