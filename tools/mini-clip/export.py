"""Writes the model pack of a trained mini-clip: MaskCLIP's graph as ONNX, class embeddings and model.json.

    python3 tools/mini-clip/export.py --model OUT/model.pt --out models/mini-clip

or, with --tower FILE instead of --out, the image tower alone as any CLIP's is exported, for `hicorr model maskclip`.

Weights are stored as float16 and widened by Cast nodes, which ONNX Runtime folds when it loads the graph: half the
size, and the network computes in float32.
"""

import argparse
import copy
import io
import json
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from classes import BALANCE, SCANNET20, TEMPLATES, read_templates
from model import PATCH, class_bias, class_embeddings, load_model

OPSET = 13
SMALL = 64  # elements up to which a tensor stays float32


def fold_norms(module):
    """Puts every batch norm into the convolution before it, in place."""
    previous = None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, previous, fuse_conv_bn_eval(getattr(module, previous), child))
            setattr(module, name, nn.Identity())
        else:
            fold_norms(child)
        previous = name


class DenseTower(nn.Module):
    """Image to dense features and keys at one fixed size, with the position embedding resized, batch norms folded and
    weights rounded to float16 values."""

    def __init__(self, tower, height, width):
        super().__init__()
        self.tower = tower
        self.register_buffer("position", tower.position_for(height // PATCH, width // PATCH).detach())

        fold_norms(self)
        for tensor in self.state_dict().values():
            if tensor.numel() > SMALL:
                tensor.copy_(tensor.half().float())

    def forward(self, image):
        return self.tower.dense_mirrored(image, self.position)


class WholeTower(nn.Module):
    """Image to one embedding, with attention in every block: what exporters write of a CLIP. Weights as in `DenseTower`, the
    position embedding as it was trained."""

    def __init__(self, tower):
        super().__init__()
        self.tower = tower
        rows = tower.position.flatten(2).transpose(1, 2)[0]
        self.position = nn.Parameter(torch.cat([tower.cls_position[None], rows]).detach())  # (1 + grid * grid, width)
        fold_norms(self)
        for name, tensor in self.state_dict().items():
            if tensor.numel() > SMALL and name != "position":
                tensor.copy_(tensor.half().float())

    @staticmethod
    def attend(block, x):
        """`Block.attend` for all tokens, without the slices that it takes of them: a reader of the graph need not know those."""
        y = block.norm1(x)
        q, k, v = (block._split(part(y)) for part in (block.query, block.key, block.value))
        y = ((q * q.shape[3] ** -0.5) @ k.transpose(2, 3)).softmax(-1) @ v
        return block._mlp(x + block.out(y.transpose(1, 2).reshape(x.shape)))

    def forward(self, image):
        x = self.tower.stem(image).flatten(2).transpose(1, 2)
        cls = self.tower.cls.expand(x.shape[0], 1, -1)
        x = self.tower.norm_pre(torch.cat([cls, x], 1) + self.position)
        for block in self.tower.blocks:
            x = self.attend(block, x)
        return self.tower.project(self.tower.norm_post(x[:, 0]))


def export_tower(tower):
    """The whole tower as an ONNX model with float32 weights, for any number of images."""
    buffer, side = io.BytesIO(), tower.tower.grid * PATCH
    torch.onnx.export(
        tower, torch.zeros(1, 3, side, side), buffer, opset_version=OPSET, input_names=["pixel_values"],
        output_names=["image_embeds"], dynamic_axes={"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}},
    )
    return onnx.load_model_from_string(buffer.getvalue())


def export_graph(tower, height, width):
    """The dense tower as an ONNX model with float32 weights."""
    buffer = io.BytesIO()
    torch.onnx.export(
        tower, torch.zeros(1, 3, height, width), buffer, opset_version=OPSET,
        input_names=["image"], output_names=["features", "keys"], do_constant_folding=True,
    )
    return onnx.load_model_from_string(buffer.getvalue())


def store_half(model, whole=()):
    """Replaces float32 weights by float16 ones with a Cast to float32 behind each, those named in `whole` aside."""
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or int(np.prod(tensor.dims)) <= SMALL or tensor.name in whole:
            continue
        name = tensor.name
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name + "_half")
        tensor.CopyFrom(half)
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT, name=name + "_widen"))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def describe(content, model, rows, width, height):
    """The content of model.json."""
    shape = model.shape
    grid = [height // PATCH, width // PATCH]
    return {
        "name": "mini-clip",
        "description": "A small CLIP trained on captioned images of HiCorr's procedural rooms; dense features by MaskCLIP's "
                       "value path. Float32 arithmetic, float16 storage, one image at a time.",
        "file": "visual.onnx",
        "onnx": {"opset": OPSET, "irVersion": 7},
        "input": {
            "name": "image", "type": "float32", "shape": [1, 3, height, width], "layout": "NCHW", "colorOrder": "RGB",
            "width": width, "height": height, "range": [0, 1], "mean": content["mean"], "std": content["std"],
            "normalization": "value = (rgb01 - mean) / std; the graph itself applies no normalisation",
            "resize": "pad, bilinear",
        },
        "outputs": [
            {"name": "features", "role": "denseFeatures", "type": "float32", "shape": [1, shape.dimension, *grid],
             "note": "not of unit length"},
            {"name": "keys", "role": "lastLayerKeys", "type": "float32", "shape": [1, shape.width, *grid],
             "note": "keys of the last attention layer, heads side by side, for key smoothing"},
        ],
        "stride": PATCH,
        "cellCenter": f"cell (row, col) covers input pixels {PATCH}*row..{PATCH}*row+{PATCH - 1} and the same of columns",
        "embeddingDimension": shape.dimension,
        "similarity": "cosine",
        "normalizeFeatures": True,
        "normalizeEmbeddings": False,
        "logitScale": content["settings"]["patch_scale"],
        "classEmbeddings": {"file": "class_embeddings.npy", "shape": list(rows.shape), "type": "float32"},
        "classBias": {"file": "class_bias.npy", "shape": [len(rows)], "type": "float32"},
        "classes": "classes.json",
        "license": "MIT",
        "licenseFile": "LICENSE",
        "source": {
            "script": "tools/mini-clip/train.py, tools/mini-clip/export.py",
            "data": f"hicorr synth --captions {content['images']}",
        },
    }


def npy(array):
    content = io.BytesIO()
    np.save(content, array.astype(np.float32))
    return content.getvalue()


def write(path, data):
    """Writes under the final name only what is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def export(options):
    torch.set_num_threads(1)
    model, vocabulary, content = load_model(options.model)
    if options.tower:
        whole = WholeTower(copy.deepcopy(model.image)).eval()
        write(Path(options.tower), store_half(export_tower(whole), whole=["position"]).SerializeToString())
    if options.out:
        export_pack(options, model, vocabulary, content)


def export_pack(options, model, vocabulary, content):
    out = Path(options.out)
    tower = DenseTower(copy.deepcopy(model.image), options.height, options.width).eval()
    graph = store_half(export_graph(tower, options.height, options.width))
    rows = class_embeddings(model, vocabulary, SCANNET20, read_templates(options.templates)).numpy()
    bias = class_bias(content, options.balance).numpy()
    description = describe(content, model, rows, options.width, options.height)
    description["onnx"]["irVersion"] = graph.ir_version
    write(out / "visual.onnx", graph.SerializeToString())
    write(out / "class_embeddings.npy", npy(rows))
    write(out / "class_bias.npy", npy(bias))
    write(out / "classes.json", (json.dumps(SCANNET20, indent=2) + "\n").encode())
    write(out / "model.json", (json.dumps(description, indent=2) + "\n").encode())
    if options.golden:
        write_golden(tower, Path(options.golden), options.height, options.width)
    for file in ("visual.onnx", "class_embeddings.npy"):
        print(f"{file}: {(out / file).stat().st_size:,} bytes")


def write_golden(tower, folder, height, width):
    """Features and keys of a pattern that a test can compute, at every 41st cell: [d, cells] and [width, cells]."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(height), np.arange(width), indexing="ij")
    pattern = ((x * (c + 3) + y * (2 * c + 5)) % 97 / 48 - 1).astype(np.float32)
    with torch.no_grad():
        outputs = tower(torch.from_numpy(pattern)[None])
    folder.mkdir(parents=True, exist_ok=True)
    for name, output in zip(("features", "keys"), outputs):
        np.save(folder / f"{name}.npy", output[0].flatten(1)[:, ::41].contiguous().numpy())


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", help="folder of the pack")
    parser.add_argument("--tower", help="file for the image tower alone")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--height", type=int, default=96)
    parser.add_argument("--balance", type=float, default=BALANCE, help="how far the classes' prior is taken out, 0 to 1")
    parser.add_argument("--templates", default=TEMPLATES)
    parser.add_argument("--golden", help="folder for the outputs that a test compares the graph with")
    options = parser.parse_args()
    if not options.out and not options.tower:
        parser.error("give --out or --tower")
    return options


if __name__ == "__main__":
    export(parse())
