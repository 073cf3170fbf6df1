"""MaskCLIP's image graphs and CLIP's text graph, node by node in ONNX.

MaskCLIP (Zhou et al., ECCV 2022): in the last attention layer query and key are left out; every patch token keeps value,
output projection, residual, MLP, final layer norm and projection. The keys come out too, for key smoothing. Batch, height
and width are free; the position embedding is resized bicubically as torch.nn.functional.interpolate does.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
SMALL = 64  # elements up to which a tensor stays float32
MAX_BYTES = 1 << 30  # of weights inside the graph's file; protobuf ends at 2 GiB


class Graph:
    """Nodes and weights of a graph in the making; every method gives the name of what it adds."""

    def __init__(self, half):
        self.half, self.nodes, self.weights, self.named = half, [], [], {}

    def add(self, kind, inputs, name=None, **attributes):
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def whole(self, *values):
        """int64 [n]."""
        name = "ints_" + "_".join(map(str, values)).replace("-", "m")
        if name not in self.named:
            self.named[name] = True
            self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def number(self, value):
        """float32 scalar."""
        name = f"number_{value!r}"
        if name not in self.named:
            self.named[name] = True
            self.weights.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    def weight(self, name, tensor):
        array = np.ascontiguousarray(tensor.numpy().astype(np.float32))
        if not self.half or array.size <= SMALL or np.isinf(array).any():
            self.weights.append(numpy_helper.from_array(array, name))
            return name
        half = array.astype(np.float16)
        if not np.isfinite(half).all():
            raise OverflowError(f"weight '{name}' does not fit float16; leave --half out")
        self.weights.append(numpy_helper.from_array(half, name + "_half"))
        return self.add("Cast", [name + "_half"], name, to=TensorProto.FLOAT)

    def linear(self, x, name, layer):
        """x [..., in] by a layer (weight [out, in], bias [out])."""
        weight, bias = layer
        y = self.add("MatMul", [x, self.weight(name + ".weight", weight.T)])
        return self.add("Add", [y, self.weight(name + ".bias", bias)])

    def norm(self, x, name, layer, epsilon):
        gain, shift = (self.weight(f"{name}.{kind}", tensor) for kind, tensor in zip(("weight", "bias"), layer))
        return self.add("LayerNormalization", [x, gain, shift], axis=-1, epsilon=epsilon)

    def gelu(self, x, quick):
        if quick:
            return self.add("Mul", [x, self.add("Sigmoid", [self.add("Mul", [x, self.number(1.702)])])])
        y = self.add("Erf", [self.add("Mul", [x, self.number(0.5 ** 0.5)])])
        return self.add("Mul", [self.add("Mul", [x, self.number(0.5)]), self.add("Add", [y, self.number(1.0)])])

    def mlp(self, x, name, block, quick, epsilon):
        y = self.linear(self.norm(x, name + ".norm2", block.norm2, epsilon), name + ".expand", block.expand)
        return self.add("Add", [x, self.linear(self.gelu(y, quick), name + ".shrink", block.shrink)])

    def attention_block(self, x, name, block, heads, quick, epsilon, mask=None):
        """x [b, n, C] to the same; mask [n, n] is added to the scores."""
        width = block.out[0].shape[0]
        y = self.norm(x, name + ".norm1", block.norm1, epsilon)

        def split(kind, layer, order):
            parts = self.add("Reshape", [self.linear(y, f"{name}.{kind}", layer), self.whole(0, 0, heads, width // heads)])
            return self.add("Transpose", [parts], perm=order)

        query = self.add("Mul", [split("query", block.query, [0, 2, 1, 3]), self.number((width // heads) ** -0.5)])
        scores = self.add("MatMul", [query, split("key", block.key, [0, 2, 3, 1])])
        if mask:
            scores = self.add("Add", [scores, mask])
        mixed = self.add("MatMul", [self.add("Softmax", [scores], axis=-1), split("value", block.value, [0, 2, 1, 3])])
        mixed = self.add("Reshape", [self.add("Transpose", [mixed], perm=[0, 2, 1, 3]), self.whole(0, 0, width)])
        x = self.add("Add", [x, self.linear(mixed, name + ".out", block.out)])
        return self.mlp(x, name, block, quick, epsilon)

    def finish(self, name, inputs, outputs):
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                 producer_name="export-maskclip")


def image_values(tower):
    values = [("image", ["batch", 3, "height", "width"]), ("features", ["batch", tower.dimension, "rows", "columns"]),
              ("keys", ["batch", tower.key_width, "rows", "columns"])]
    image, *outputs = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values)
    return [image], outputs


def transformer_graph(tower, quick, epsilon, half=False):
    """image [b, 3, H, W] to features [b, d, h, w] and keys [b, C, h, w], of multiples of the patch."""
    g, width, grid = Graph(half), tower.patch.shape[0], tower.grid
    cells = g.add("Conv", ["image", g.weight("patch", tower.patch)], strides=[tower.stride] * 2, kernel_shape=[tower.stride] * 2)
    shape = g.add("Shape", [cells])
    batch, size = g.add("Slice", [shape, g.whole(0), g.whole(1)]), g.add("Slice", [shape, g.whole(2), g.whole(4)])

    # torch resizes in half-pixel coordinates also where a side becomes one cell long, which pytorch_half_pixel does not.
    position = g.weight("position", tower.position[1:].T.reshape(1, width, grid, grid))
    position = g.add("Resize", [position, "", "", g.add("Concat", [g.whole(1, width), size], axis=0)], mode="cubic",
                     coordinate_transformation_mode="half_pixel", cubic_coeff_a=-0.75)
    tokens = [g.add("Transpose", [g.add("Reshape", [x, g.whole(0, 0, -1)])], perm=[0, 2, 1]) for x in (cells, position)]
    cls = g.weight("cls", (tower.cls + tower.position[0])[None, None])
    cls = g.add("Expand", [cls, g.add("Concat", [batch, g.whole(1, width)], axis=0)])
    x = g.norm(g.add("Concat", [cls, g.add("Add", tokens)], axis=1), "norm_pre", tower.norm_pre, epsilon)

    for i, block in enumerate(tower.blocks[:-1]):
        x = g.attention_block(x, f"block{i}", block, tower.heads, quick, epsilon)
    last, name = tower.blocks[-1], f"block{len(tower.blocks) - 1}"
    x = g.add("Slice", [x, g.whole(1), g.whole(np.iinfo(np.int64).max), g.whole(1)])  # patch tokens: CLS is dropped
    y = g.norm(x, name + ".norm1", last.norm1, epsilon)
    keys = g.linear(y, name + ".key", last.key)
    x = g.add("Add", [x, g.linear(g.linear(y, name + ".value", last.value), name + ".out", last.out)])
    x = g.norm(g.mlp(x, name, last, quick, epsilon), "norm_post", tower.norm_post, epsilon)
    features = g.add("MatMul", [x, g.weight("project", tower.project)])
    for output, x, channels in (("features", features, tower.dimension), ("keys", keys, width)):
        shape = g.add("Concat", [batch, g.whole(channels), size], axis=0)
        g.add("Reshape", [g.add("Transpose", [x], perm=[0, 2, 1]), shape], output)
    return g.finish("maskclip", *image_values(tower))


def resnet_graph(tower, half=False):
    """image [b, 3, H, W] to features and keys per cell of the last layer: value and output projection of the attention
    pool as 1x1 convolutions, without positions."""
    g = Graph(half)

    def conv(x, name, layer, stride=1, output=None):
        weight, bias = layer
        if weight.dim() == 2:
            weight = weight[:, :, None, None]
        side = weight.shape[-1]
        return g.add("Conv", [x, g.weight(name + ".weight", weight), g.weight(name + ".bias", bias)], output,
                     kernel_shape=[side, side], strides=[stride, stride], pads=[side // 2] * 4)

    def pool(x, side):
        return g.add("AveragePool", [x], kernel_shape=[side, side], strides=[side, side]) if side > 1 else x

    x = "image"
    for i, layer in enumerate(tower.stem):
        x = g.add("Relu", [conv(x, f"stem{i}", layer, 2 if i == 0 else 1)])
    x = pool(x, 2)
    for i, layer in enumerate(tower.layers):
        for j, block in enumerate(layer):
            name = f"layer{i}.{j}"
            y = g.add("Relu", [conv(x, name + ".conv0", block.convs[0])])
            y = pool(g.add("Relu", [conv(y, name + ".conv1", block.convs[1])]), block.stride)
            y = conv(y, name + ".conv2", block.convs[2])
            x = conv(pool(x, block.stride), name + ".shortcut", block.shortcut) if block.shortcut else x
            x = g.add("Relu", [g.add("Add", [y, x])])
    conv(conv(x, "value", tower.value), "project", tower.project, output="features")
    conv(x, "key", tower.key, output="keys")
    return g.finish("maskclip", *image_values(tower))


def text_graph(tower, quick, epsilon, half=False):
    """input_ids [b, context] int64 to text_embeds [b, d], not of unit length: the token at the first largest id, the end token."""
    g, context = Graph(half), len(tower.position)
    x = g.add("Gather", [g.weight("tokens", tower.tokens), "input_ids"])
    x = g.add("Add", [x, g.weight("position", tower.position)])
    mask = tower.position.new_full((context, context), float("-inf")).triu(1)
    mask = g.weight("causal", mask)
    for i, block in enumerate(tower.blocks):
        x = g.attention_block(x, f"block{i}", block, tower.heads, quick, epsilon, mask)
    end = g.add("ArgMax", ["input_ids"], axis=1, keepdims=1)
    x = g.norm(g.add("GatherND", [x, end], batch_dims=1), "norm", tower.norm, epsilon)
    g.add("MatMul", [x, g.weight("project", tower.project)], "text_embeds")
    return g.finish(
        "clip_text", [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", context])],
        [helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", tower.project.shape[1]])])
