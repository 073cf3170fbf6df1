#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/tiny-pack: a model pack whose features are an image's own mean colours; and tiny-resizable,
the same for images of every size, several in a run, with keys (sums and differences of the colours).

    /usr/bin/python3 tools/test-models/make_tiny_pack.py

The graph averages 4x4 pixels, so a test can say by hand what every cell's feature is. Needs python3-onnx and numpy.
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEIGHT, STRIDE = 48, 32, 4
COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (0.7071068, 0.7071068, 0)}

data = pathlib.Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data"
folder = data / "tiny-pack"
folder.mkdir(parents=True, exist_ok=True)

image_shape = [1, 3, HEIGHT, WIDTH]
feature_shape = [1, 3, HEIGHT // STRIDE, WIDTH // STRIDE]
graph = helper.make_graph(
    [helper.make_node("AveragePool", ["image"], ["features"], kernel_shape=[STRIDE, STRIDE], strides=[STRIDE, STRIDE])],
    "mean_colours",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, image_shape)],
    [helper.make_tensor_value_info("features", TensorProto.FLOAT, feature_shape)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
onnx.checker.check_model(model)
(folder / "visual.onnx").write_bytes(model.SerializeToString())

np.save(folder / "class_embeddings.npy", np.array(list(COLOURS.values()), np.float32))
(folder / "classes.json").write_text(json.dumps(list(COLOURS)) + "\n")
manifest = {
    "name": "tiny",
    "description": "Mean colours of 4x4 pixels as features; for tests",
    "file": "visual.onnx",
    "input": {
        "name": "image", "type": "float32", "shape": image_shape, "layout": "NCHW", "colorOrder": "RGB",
        "width": WIDTH, "height": HEIGHT, "range": [0, 1], "mean": [0, 0, 0], "std": [1, 1, 1], "resize": "pad",
    },
    "outputs": [{"name": "features", "role": "denseFeatures", "type": "float32", "shape": feature_shape}],
    "stride": STRIDE,
    "embeddingDimension": 3,
    "similarity": "cosine",
    "normalizeFeatures": True,
    "classEmbeddings": {"file": "class_embeddings.npy", "shape": [len(COLOURS), 3], "type": "float32"},
    "classes": "classes.json",
    "license": "MIT",
}
(folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")

resizable = data / "tiny-resizable"
resizable.mkdir(parents=True, exist_ok=True)
KEYS = np.array([[1, 1, 1], [1, -1, 0], [0, 1, -1], [-1, 0, 1], [0.5, 0, 0]], np.float32)
any_image, any_cells, any_keys = ["n", 3, "height", "width"], ["n", 3, "h", "w"], ["n", len(KEYS), "h", "w"]
graph = helper.make_graph(
    [
        helper.make_node("AveragePool", ["image"], ["features"], kernel_shape=[STRIDE, STRIDE], strides=[STRIDE, STRIDE]),
        helper.make_node("Conv", ["features", "mixing"], ["keys"], kernel_shape=[1, 1]),
    ],
    "mean_colours_any_size",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, any_image)],
    [helper.make_tensor_value_info("features", TensorProto.FLOAT, any_cells), helper.make_tensor_value_info("keys", TensorProto.FLOAT, any_keys)],
    [numpy_helper.from_array(KEYS[:, :, None, None], "mixing")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
onnx.checker.check_model(model)
(resizable / "visual.onnx").write_bytes(model.SerializeToString())
np.save(resizable / "class_embeddings.npy", np.array(list(COLOURS.values()), np.float32))
(resizable / "classes.json").write_text(json.dumps(list(COLOURS)) + "\n")
manifest["name"] = "tiny-resizable"
manifest["input"].update(shape=[-1, 3, -1, -1], resizable=True)
manifest["outputs"] = [
    {"name": "features", "role": "denseFeatures", "type": "float32", "shape": [-1, 3, -1, -1]},
    {"name": "keys", "role": "lastLayerKeys", "type": "float32", "shape": [-1, len(KEYS), -1, -1]},
]
(resizable / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
