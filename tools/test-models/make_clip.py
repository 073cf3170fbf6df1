#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/clip: small CLIP models with random weights, exported as others export them, and what MaskCLIP's
forward in PyTorch makes of them.

    /usr/bin/python3 tools/test-models/make_clip.py

Needs python3-torch, python3-onnx and numpy (torch 1.13, onnx 1.12). README.md in the folder says what each file is.
"""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from clip_models import ModifiedResNet, TextTransformer, VisionTransformer, randomise
from hf_clip_models import HfText, HfVision, hf_text_state, hf_vision_state

FOLDER = Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data" / "clip"
VISION = dict(width=24, layers=3, heads=3, hidden=48, patch=8, grid=4, dimension=20)
TEXT = dict(width=16, layers=2, heads=2, hidden=32, context=77, dimension=20)
RESNET = dict(width=2, layers=(1, 1, 1, 1), heads=4, grid=2, dimension=20)
SIZES = [(32, 32), (48, 64), (24, 40)]  # height, width: the native square, larger, smaller; multiples of 8
RESNET_SIZES = [(64, 64), (64, 96), (32, 96)]  # multiples of 32
FOLDERS = ["images", "split-quick", "split-gelu", "sdpa-quick", "fused-quick", "fused-gelu", "half-cast", "half-all",
           "external", "stem", "resnet", "tokenizer", "text", "text-fused"]
TEXTS = ["wall", "a photo of a chair", "a photo of the floor.", "other furniture", "a bad photo of many chairs in the scene"]
MERGES = ["c h", "ch a", "i r</w>", "cha ir</w>", "w a", "l l</w>", "wa ll</w>", "o f</w>", "p h", "ph o", "t o</w>",
          "pho to</w>", "f l", "o o", "fl oo", "floo r</w>", "t h", "th e</w>"]


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(array))


def image(height, width):
    """A normalised image [1, 3, H, W]: waves and noise."""
    random = np.random.RandomState(height * 1000 + width)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 5 + c) + np.cos(y / (4 + c)) for c in range(3)]
    return (np.stack(waves) + 0.5 * random.randn(3, height, width))[None].astype(np.float32)


def export(model, inputs, names, outputs, dynamic=None, opset=13):
    buffer = io.BytesIO()
    torch.onnx.export(model, inputs, buffer, opset_version=opset, input_names=names, output_names=outputs,
                      dynamic_axes=dynamic, do_constant_folding=True)
    return onnx.load_model_from_string(buffer.getvalue())


def rounded(module):
    """The same module with every weight a float16 value."""
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return module


def store_half(model):
    """Weights as float16, each widened by a Cast: the graph computes in float32."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name + "_half"))
            casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT, name=name + "_widen"))
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def make_half(model):
    """The whole graph in float16, inputs and outputs too, as an export of model.half() is. (torch 1.13 can not trace such
    a model on a CPU: it has no float16 convolution there.)"""
    def narrow(tensor):
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))

    for tensor in model.graph.initializer:
        narrow(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "value":
                narrow(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.FLOAT16
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    return model


def write_model(model, path, external=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.checker.check_model(model, full_check=True)
    if external:
        onnx.save_model(model, str(path), save_as_external_data=True, all_tensors_to_one_file=True,
                        location=path.name + ".data", size_threshold=256)
    else:
        path.write_bytes(model.SerializeToString())


def write_golden(tower, folder, sizes):
    """Image embedding at the first size; MaskCLIP's features [d, h, w] and keys [k, h, w] at each."""
    with torch.no_grad():
        save(folder / "image_embeds.npy", tower(torch.from_numpy(image(*sizes[0]))).numpy())
        for height, width in sizes:
            features, keys = tower.maskclip(torch.from_numpy(image(height, width)))
            save(folder / f"features-h{height}-w{width}.npy", features[0].numpy())
            save(folder / f"keys-h{height}-w{width}.npy", keys[0].numpy())


def vision_tower(quick, half=False, stem=False):
    tower = randomise(VisionTransformer(**VISION, quick=quick, stem=stem), seed=1)
    return rounded(tower) if half else tower


def hf_vision(tower, quick, sdpa=False):
    model = HfVision(**VISION, quick=quick, sdpa=sdpa)
    missing, unexpected = model.load_state_dict(hf_vision_state(tower.state_dict()), strict=False)
    assert missing == ["vision_model.embeddings.position_ids"] and not unexpected
    return model.eval()


def write_vision(name, quick, layout, dynamic, opset=13, half=None, external=False, stem=False):
    tower = vision_tower(quick, half is not None, stem)
    sample = torch.from_numpy(image(*SIZES[0]))
    if layout == "fused":
        axes = {"image": {0: "batch"}, "image_embeds": {0: "batch"}} if dynamic else None
        model = export(tower, (sample,), ["image"], ["image_embeds"], axes, opset)
    else:
        axes = {"pixel_values": {0: "batch", 1: "num_channels", 2: "height", 3: "width"},
                "image_embeds": {0: "batch"}, "last_hidden_state": {0: "batch"}} if dynamic else None
        source = hf_vision(tower, quick, layout == "sdpa")
        model = export(source, (sample,), ["pixel_values"], ["image_embeds", "last_hidden_state"], axes, opset)
    if half:
        model = half(model)
    write_model(model, FOLDER / name / "vision_model.onnx", external)
    write_golden(tower, FOLDER / name, SIZES)


def byte_letters():
    """CLIP's letters for the 256 bytes: printable ones stand for themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]


def vocabulary():
    letters = byte_letters()
    words = letters + [letter + "</w>" for letter in letters] + [m.replace(" ", "") for m in MERGES]
    return {word: i for i, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}


def encode(text, words):
    """Token ids [77] of lower-case ASCII text by byte-pair merges, padded with zeros as OpenAI's CLIP does."""
    ids = [words["<|startoftext|>"]]
    for word in text.lower().replace(".", " .").split():
        parts = [*word[:-1], word[-1] + "</w>"]
        while True:
            ranks = [(MERGES.index(f"{a} {b}"), i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if f"{a} {b}" in MERGES]
            if not ranks:
                break
            at = min(ranks)[1]
            parts[at:at + 2] = [parts[at] + parts[at + 1]]
        ids += [words[part] for part in parts]
    ids.append(words["<|endoftext|>"])
    return ids + [0] * (TEXT["context"] - len(ids))


def write_text():
    """The text tower in both layouts, the tokenizer and embeddings of a few texts."""
    words = vocabulary()
    tokenizer = FOLDER / "tokenizer"
    tokenizer.mkdir(parents=True, exist_ok=True)
    (tokenizer / "vocab.json").write_text(json.dumps(words, ensure_ascii=False) + "\n", encoding="utf-8")
    (tokenizer / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]) + "\n", encoding="utf-8")

    shape = dict(TEXT, words=len(words), quick=True)
    tower = randomise(TextTransformer(**shape), seed=2)
    ids = torch.tensor([encode(text, words) for text in TEXTS])
    mask = (torch.arange(ids.shape[1])[None] <= ids.argmax(-1)[:, None]).long()
    model = HfText(**shape)
    model.load_state_dict(hf_text_state(tower.state_dict()), strict=False)
    model.eval()
    with torch.no_grad():
        embeds = tower(ids)
        assert torch.allclose(model(ids, mask)[0], embeds, atol=1e-5)
    for name in ("text", "text-fused"):
        save(FOLDER / name / "input_ids.npy", ids.numpy())
        save(FOLDER / name / "text_embeds.npy", embeds.numpy())
        (FOLDER / name / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    save(FOLDER / "text" / "attention_mask.npy", mask.numpy())
    axes = {name: {0: "batch", 1: "sequence"} for name in ("input_ids", "attention_mask")}
    axes.update(text_embeds={0: "batch"}, last_hidden_state={0: "batch"})
    write_model(export(model, (ids, mask), ["input_ids", "attention_mask"], ["text_embeds", "last_hidden_state"], axes, opset=14),
                FOLDER / "text" / "text_model.onnx")
    axes = {"input_ids": {0: "batch"}, "text_embeds": {0: "batch"}}
    write_model(export(tower, (ids,), ["input_ids"], ["text_embeds"], axes, opset=14),
                FOLDER / "text-fused" / "text_model.onnx")


def write_resnet():
    tower = randomise(ModifiedResNet(**RESNET), seed=3)
    sample = torch.from_numpy(image(*RESNET_SIZES[0]))
    model = export(tower, (sample,), ["image"], ["image_embeds"], {"image": {0: "batch"}, "image_embeds": {0: "batch"}})
    write_model(model, FOLDER / "resnet" / "vision_model.onnx")
    write_golden(tower, FOLDER / "resnet", RESNET_SIZES)


def main():
    torch.set_num_threads(1)
    for child in FOLDERS:  # onnx appends to the external data of before
        shutil.rmtree(FOLDER / child, ignore_errors=True)
    for height, width in [*SIZES, *RESNET_SIZES]:
        save(FOLDER / "images" / f"h{height}-w{width}.npy", image(height, width))
    write_vision("split-quick", quick=True, layout="split", dynamic=True)
    write_vision("split-gelu", quick=False, layout="split", dynamic=False)
    write_vision("sdpa-quick", quick=True, layout="sdpa", dynamic=True, opset=17)
    write_vision("fused-quick", quick=True, layout="fused", dynamic=False)
    write_vision("fused-gelu", quick=False, layout="fused", dynamic=True)
    write_vision("half-cast", quick=True, layout="split", dynamic=True, half=store_half)
    write_vision("half-all", quick=True, layout="split", dynamic=True, half=make_half)
    write_vision("external", quick=False, layout="split", dynamic=True, external=True)
    write_vision("stem", quick=True, layout="fused", dynamic=True, stem=True)
    write_resnet()
    write_text()


if __name__ == "__main__":
    main()
