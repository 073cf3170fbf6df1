"""Computes the graphs of graph.py with torch, for selftest.py: onnx 1.12 has no reference evaluator.

Each operator is what the ONNX specification says of it; what graph.py does not write is not here.
"""

import numpy as np
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper


def bicubic_axis(x, axis, extent):
    """Cubic resize of one axis in half-pixel coordinates, a = -0.75, borders repeated (ONNX Resize, mode cubic)."""
    length = x.shape[axis]
    at = (torch.arange(extent, dtype=torch.float64) + 0.5) * length / extent - 0.5
    base, a, result = at.floor(), -0.75, 0
    for step in range(-1, 3):
        d = (at - base - step).abs()
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        weight = torch.where(d <= 1, near, torch.where(d < 2, far, torch.zeros_like(d)))
        picked = x.index_select(axis, (base + step).clamp(0, length - 1).long())
        result = result + picked * weight.float().reshape([-1 if i == axis else 1 for i in range(x.dim())])
    return result


def resize(x, _roi, _scales, sizes, coordinate_transformation_mode, mode, **_):
    assert coordinate_transformation_mode == "half_pixel" and mode == "cubic"
    for axis, extent in enumerate(sizes.tolist()):
        if extent != x.shape[axis]:
            x = bicubic_axis(x, axis, extent)
    return x


def slices(x, starts, ends, axes=None):
    index = [slice(None)] * x.dim()
    for axis, start, end in zip(range(x.dim()) if axes is None else axes.tolist(), starts.tolist(), ends.tolist()):
        index[axis] = slice(start, end)
    return x[tuple(index)]


def reshape(x, shape):
    return x.reshape([x.shape[i] if extent == 0 else extent for i, extent in enumerate(shape.tolist())])


def convolve(x, weight, bias=None, strides=(1, 1), pads=(0, 0, 0, 0), kernel_shape=None):
    return F.conv2d(x, weight, bias, strides, pads[:2])


def widen(x, to):
    assert to == TensorProto.FLOAT
    return x.float()


OPERATORS = {
    "Conv": convolve, "Reshape": reshape, "Slice": slices, "Resize": resize, "Cast": widen,
    "Transpose": lambda x, perm: x.permute(perm),
    "Concat": lambda *x, axis: torch.cat(x, axis),
    "Shape": lambda x: torch.tensor(x.shape),
    "Expand": lambda x, shape: x.expand(shape.tolist()),
    "Add": torch.add, "Mul": torch.mul, "MatMul": torch.matmul,
    "Sigmoid": torch.sigmoid, "Erf": torch.erf, "Relu": torch.relu,
    "Softmax": lambda x, axis: x.softmax(axis),
    "LayerNormalization": lambda x, gain, shift, axis, epsilon: F.layer_norm(x, gain.shape, gain, shift, epsilon),
    "AveragePool": lambda x, kernel_shape, strides: F.avg_pool2d(x, kernel_shape, strides),
    "Gather": lambda x, index: x[index],
    "GatherND": lambda x, index, batch_dims: torch.stack([row[tuple(i)] for row, i in zip(x, index)]),
    "ArgMax": lambda x, axis, keepdims: torch.from_numpy(np.expand_dims(x.numpy().argmax(axis), axis)),
}


def evaluate(model, **inputs):
    """The graph's outputs in order."""
    values = {"": None, **inputs}
    values.update((tensor.name, torch.from_numpy(numpy_helper.to_array(tensor).copy())) for tensor in model.graph.initializer)
    with torch.no_grad():
        for node in model.graph.node:
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
            values[node.output[0]] = OPERATORS[node.op_type](*(values[name] for name in node.input), **attributes)
    return [values[output.name] for output in model.graph.output]
