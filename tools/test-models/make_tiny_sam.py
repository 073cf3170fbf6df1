#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/tiny-sam: two graphs with the inputs and outputs of Segment Anything's export whose masks can be said by hand.

    /usr/bin/python3 tools/test-models/make_tiny_sam.py

The encoder averages 16x16 pixels of a 64x64 image. The decoder takes the cell under the point and compares it with all others: logit = 4 - 40 d², with d
the distance of their colours (normalised as SAM's input). Of its four masks the first is nonsense (it belongs to several prompts), the second is this one
with IoU 0.95, the third the same without its sharp border (one tenth of the logits) with 0.97, the fourth everything, with IoU 0.5. Masks are enlarged,
cropped and enlarged again as SAM's export does it. Needs python3-onnx and numpy.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, CELL, CHANNELS = 64, 16, 3
GRID = SIDE // CELL

folder = pathlib.Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data" / "tiny-sam"
folder.mkdir(parents=True, exist_ok=True)


def save(name, nodes, inputs, outputs, constants=()):
    def tensor(item):
        return helper.make_tensor_value_info(item[0], TensorProto.FLOAT, item[1])
    graph = helper.make_graph(nodes, "tiny_sam", [tensor(i) for i in inputs], [tensor(o) for o in outputs],
                              [numpy_helper.from_array(np.array(value, kind), key) for key, value, kind in constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.checker.check_model(model)
    (folder / name).write_bytes(model.SerializeToString())


node = helper.make_node
save("encoder.onnx",
     [node("AveragePool", ["x"], ["image_embeddings"], kernel_shape=[CELL, CELL], strides=[CELL, CELL])],
     [("x", [1, 3, SIDE, SIDE])], [("image_embeddings", [1, CHANNELS, GRID, GRID])])

f, i64 = np.float32, np.int64
save("decoder.onnx", [
    # The cell under the first point: row * GRID + column.
    node("Slice", ["point_coords", "zero1", "one1", "axis1"], ["first"]),
    node("Div", ["first", "cell"], ["cells"]),
    node("Floor", ["cells"], ["floored"]),
    node("Mul", ["floored", "strides"], ["strided"]),
    node("ReduceSum", ["strided", "axis2"], ["index_f"], keepdims=0),
    node("Cast", ["index_f"], ["index"], to=TensorProto.INT64),
    node("Reshape", ["index", "minus1"], ["index1"]),
    # Distance of every cell to it.
    node("Reshape", ["image_embeddings", "flat_shape"], ["flat"]),
    node("Gather", ["flat", "index1"], ["seed"], axis=2),
    node("Sub", ["flat", "seed"], ["difference"]),
    node("Mul", ["difference", "difference"], ["squares"]),
    node("ReduceSum", ["squares", "axis1"], ["distance"], keepdims=1),
    node("Mul", ["distance", "minus40"], ["scaled"]),
    node("Add", ["scaled", "four"], ["logit_flat"]),
    node("Reshape", ["logit_flat", "grid_shape"], ["sharp"]),
    node("Mul", ["sharp", "tenth"], ["blurred"]),
    node("Mul", ["sharp", "zero"], ["nothing"]),
    node("Sub", ["nothing", "four"], ["nonsense"]),
    node("Add", ["nothing", "four"], ["everything"]),
    node("Concat", ["nonsense", "sharp", "blurred", "everything"], ["low_res_masks"], axis=1),
    # To the padded square, without the padding, to the size that is asked for.
    node("Resize", ["low_res_masks", "", "", "square"], ["padded"], mode="nearest", coordinate_transformation_mode="half_pixel"),
    node("ReduceMax", ["orig_im_size"], ["longest"], keepdims=1),
    node("Mul", ["orig_im_size", "side"], ["sized"]),
    node("Div", ["sized", "longest"], ["ratio"]),
    node("Add", ["ratio", "half"], ["ratio_half"]),
    node("Floor", ["ratio_half"], ["prepadded_f"]),
    node("Cast", ["prepadded_f"], ["prepadded"], to=TensorProto.INT64),
    node("Slice", ["padded", "zeros2", "prepadded", "axes23"], ["cropped"]),
    node("Cast", ["orig_im_size"], ["size"], to=TensorProto.INT64),
    node("Concat", ["one_four", "size"], ["sizes"], axis=0),
    node("Resize", ["cropped", "", "", "sizes"], ["masks"], mode="nearest", coordinate_transformation_mode="half_pixel"),
    # Inputs that the masks do not depend on take part, so that no optimiser drops them.
    node("ReduceMax", ["mask_input"], ["mask_max"], keepdims=0),
    node("ReduceMax", ["point_labels"], ["label_max"], keepdims=0),
    node("Mul", ["has_mask_input", "mask_max"], ["mask_part"]),
    node("Mul", ["label_max", "zero"], ["label_part"]),
    node("Add", ["ious", "mask_part"], ["ious_mask"]),
    node("Add", ["ious_mask", "label_part"], ["iou_predictions"]),
], [
    ("image_embeddings", [1, CHANNELS, GRID, GRID]), ("point_coords", [1, "num_points", 2]), ("point_labels", [1, "num_points"]),
    ("mask_input", [1, 1, 4 * GRID, 4 * GRID]), ("has_mask_input", [1]), ("orig_im_size", [2]),
], [
    ("masks", [1, 4, "height", "width"]), ("iou_predictions", [1, 4]), ("low_res_masks", [1, 4, GRID, GRID]),
], [
    ("zero1", [0], i64), ("one1", [1], i64), ("axis1", [1], i64), ("axis2", [2], i64), ("minus1", [-1], i64), ("zeros2", [0, 0], i64), ("axes23", [2, 3], i64),
    ("flat_shape", [1, CHANNELS, GRID * GRID], i64), ("grid_shape", [1, 1, GRID, GRID], i64), ("square", [1, 4, SIDE, SIDE], i64), ("one_four", [1, 4], i64),
    ("cell", CELL, f), ("strides", [[[1, GRID]]], f), ("minus40", -40, f), ("four", 4, f), ("tenth", 0.1, f), ("zero", 0, f), ("side", SIDE, f), ("half", 0.5, f),
    ("ious", [[0.99, 0.95, 0.97, 0.5]], f),
])
