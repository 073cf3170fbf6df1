#!/usr/bin/python3
"""Exports small CLIP models with random weights from every format and compares the packs with the models.

    /usr/bin/python3 tools/export-maskclip/selftest.py
"""

import copy
import json
import struct
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "test-models"))

import pack
from clip_models import ModifiedResNet, OpenAiClip, QuickGelu, TextTransformer, VisionTransformer, randomise
from evaluator import evaluate
from export import export, parse
from graph import transformer_graph
from hf_clip_models import hf_text_state, hf_vision_state
from layout import read_towers
from make_clip import FOLDER, RESNET, TEXT, VISION, rounded
from weights import ExportError, load_weights

TOKENIZER, WORDS = FOLDER / "tokenizer", 532
HEADS = ["--heads", "3", "--text-heads", "2"]
TOLERANCE = 1e-4


def build(quick=True, resnet=False):
    """A model with random values of float16, which every format holds exactly."""
    visual = ModifiedResNet(**RESNET) if resnet else VisionTransformer(**VISION, quick=quick)
    text = TextTransformer(**TEXT, words=WORDS, quick=quick)
    return rounded(randomise(OpenAiClip(visual, text), seed=11)).eval()


def save_script(model, path):
    """A TorchScript archive as OpenAI publishes them: float16, with the fields that their state dicts have."""
    model = copy.deepcopy(model)
    side = 64 if isinstance(model.visual, ModifiedResNet) else 32
    for name, value in (("input_resolution", side), ("context_length", 77), ("vocab_size", WORDS)):
        model.register_buffer(name, torch.tensor(value))
    ids = torch.zeros(1, 77, dtype=torch.long)
    torch.jit.trace(model, (torch.zeros(1, 3, side, side), ids), check_trace=False).half().save(str(path))


def save_safetensors(state, path):
    types = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in state.items():
        data = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": types[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + content)


def hugging_face(model):
    state = model.state_dict()
    visual = {name[7:]: tensor for name, tensor in state.items() if name.startswith("visual.")}
    return {"logit_scale": state["logit_scale"], **hf_vision_state(visual), **hf_text_state(state),
            "vision_model.embeddings.position_ids": torch.arange(17)[None], "text_model.embeddings.position_ids": torch.arange(77)[None]}


def compare(model, folder, tolerance=TOLERANCE):
    """The pack against the model at three sizes, two images at a time, and its text tower."""
    visual, text = (onnx.load(str(folder / name)) for name in ("visual.onnx", "text.onnx"))
    stride = json.loads((folder / "model.json").read_text())["stride"]
    random = torch.Generator().manual_seed(5)
    for rows, columns in ((4, 4), (6, 8), (1, 5)):
        images = torch.randn(2, 3, rows * stride, columns * stride, generator=random)
        with torch.no_grad():
            expected = model.visual.maskclip(images)
        for name, a, b in zip(("features", "keys"), evaluate(visual, image=images), expected):
            close(f"{name} of {rows}x{columns} cells", a, b, tolerance)
    ids = torch.randint(1, WORDS - 1, (3, 77), generator=random)
    ids[0, 5], ids[1, 76], ids[2, 40:] = WORDS - 1, WORDS - 1, WORDS - 1  # ends: short, full, padded with end tokens
    with torch.no_grad():
        close("text", evaluate(text, input_ids=ids)[0], model.encode_text(ids), tolerance)


def close(what, actual, expected, tolerance):
    assert actual.shape == expected.shape, f"{what}: {list(actual.shape)} instead of {list(expected.shape)}"
    error = (actual - expected).abs().max().item() / expected.abs().max().item()
    assert error <= tolerance, f"{what}: differs by {error:.1e} of the largest value"


def run(weights, *options):
    out = weights.parent / "pack"
    export(parse(["--weights", str(weights), "--out", str(out), "--tokenizer", str(TOKENIZER), *options]))
    return out


def openai_archive(folder):
    model = build()
    save_script(model, folder / "ViT.pt")
    compare(model, run(folder / "ViT.pt", *HEADS))


def openai_archive_of_a_resnet(folder):
    model = build(resnet=True)
    save_script(model, folder / "RN.pt")
    compare(model, run(folder / "RN.pt", "--text-heads", "2"))


def openai_state_dict(folder):
    model = build()
    torch.save(model.half().state_dict(), folder / "ViT.pth")
    compare(model.float(), run(folder / "ViT.pth", *HEADS, "--activation", "quick"))


def open_clip_checkpoint_with_half_storage(folder):
    model = build(quick=False)
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"epoch": 3, "name": "run", "state_dict": state}, folder / "epoch_3.pt")
    out = run(folder / "epoch_3.pt", *HEADS, "--activation", "gelu", "--half")
    compare(model, out)  # exact: the weights are values of float16
    assert json.loads((out / "model.json").read_text())["source"]["activation"] == "gelu"


def open_clip_folder_with_separate_text(folder):
    model, source = build(), folder / "hub"
    source.mkdir()
    state = {name if name.startswith(("visual.", "logit")) else f"text.{name}": t for name, t in model.state_dict().items()}
    save_safetensors(state, source / "open_clip_model.safetensors")
    config = {"model_cfg": {"quick_gelu": True, "vision_cfg": {"width": 24, "head_width": 8}, "text_cfg": {"heads": 2}},
              "preprocess_cfg": {"mean": [0.5, 0.25, 0.125], "std": [1, 2, 3]}}
    (source / "open_clip_config.json").write_text(json.dumps(config))
    out = run(source)
    compare(model, out)
    assert json.loads((out / "model.json").read_text())["input"]["mean"] == [0.5, 0.25, 0.125]
    config["model_cfg"]["text_cfg"]["no_causal_mask"] = True
    (source / "open_clip_config.json").write_text(json.dumps(config))
    refuses("model_cfg.text_cfg.no_causal_mask", source)


def write_hub(model, folder, act):
    source = folder / "hub"
    source.mkdir()
    torch.save(hugging_face(model), source / "pytorch_model.bin")
    tower = {"hidden_act": act, "num_attention_heads": 3}
    (source / "config.json").write_text(json.dumps({"vision_config": tower, "text_config": {**tower, "num_attention_heads": 2}}))
    return source


def hugging_face_folder(folder):
    model = build(quick=False)
    source = write_hub(model, folder, "gelu")
    for name in ("vocab.json", "merges.txt"):
        (source / name).write_bytes((TOKENIZER / name).read_bytes())
    export(parse(["--weights", str(source), "--out", str(folder / "pack")]))
    compare(model, folder / "pack")


def hugging_face_safetensors(folder):
    model = build()
    save_safetensors(hugging_face(model.half()), folder / "model.safetensors")
    compare(model.float(), run(folder / "model.safetensors", *HEADS, "--activation", "quick"))


def clip2scene(folder):
    model = build()
    torch.save(model.state_dict(), folder / "ViT.pth")
    out = run(folder / "ViT.pth", *HEADS, "--activation", "quick", "--compat", "clip2scene")
    assert json.loads((out / "model.json").read_text())["input"]["mean"] == [0, 0, 0]
    for parent in [m for m in model.visual.modules() if isinstance(m, (nn.Sequential, nn.LayerNorm))]:
        if isinstance(parent, nn.LayerNorm):
            parent.eps = 1e-6
        elif isinstance(parent.gelu, QuickGelu):
            parent.gelu = nn.GELU()
    compare(model, out)  # the text tower stays as it is
    norms = [n for n in onnx.load(str(out / "visual.onnx")).graph.node if n.op_type == "LayerNormalization"]
    assert {round(a.f, 9) for n in norms for a in n.attribute if a.name == "epsilon"} == {1e-6}  # too small a change for compare


def large_weights_lie_beside_the_graph(folder):
    model = build()
    torch.save(model.state_dict(), folder / "ViT.pth")
    weights = load_weights(folder / "ViT.pth")
    weights.heads, weights.text_heads = 3, 2
    pack.write_graph(transformer_graph(read_towers(weights)[0], True, 1e-5), folder / "visual.onnx", max_bytes=1000)
    image = torch.ones(1, 3, 32, 32)
    assert (folder / "visual.onnx.data").stat().st_size > 50_000
    close("features", evaluate(onnx.load(str(folder / "visual.onnx")), image=image)[0], model.visual.maskclip(image)[0].detach(), TOLERANCE)


class Surprise:
    """What a hostile pickle does."""

    def __reduce__(self):
        return print, ("this ran",)


def refuses(words, *arguments):
    try:
        run(*arguments)
    except ExportError as error:
        assert words in str(error), f"expected '{words}' in: {error}"
        return
    raise AssertionError(f"expected an error with '{words}'")


def refusals(folder):
    state, file = build().state_dict(), folder / "w.pt"
    torch.save(state, file)
    refuses("--activation quick", file, *HEADS)
    refuses("no number of heads", file, "--activation", "quick")
    torch.save({**state, "visual.transformer.resblocks.0.ls_1.gamma": torch.ones(24)}, file)
    refuses("ls_1.gamma", file, *HEADS, "--activation", "quick")
    torch.save({**state, "visual.ln_post.weight": torch.ones(25)}, file)
    refuses("'visual.ln_post.weight': expected shape [24], found [25]", file, *HEADS, "--activation", "quick")
    torch.save({"state_dict": Surprise()}, file)
    refuses("Python objects beside tensors", file)
    file.write_bytes(b"not weights")
    refuses("w.pt", file)

    good = folder / "w.safetensors"
    save_safetensors(state, good)
    content = good.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    head = json.loads(content[8:8 + length])
    for change, words in (
            (lambda h: h["logit_scale"].update(data_offsets=[0, 4]), "ends at"),
            (lambda h: h["logit_scale"].update(shape=[1 << 40]), "bytes for shape"),
            (lambda h: h["logit_scale"].update(dtype="F3"), "found 'F3'")):
        changed = copy.deepcopy(head)
        change(changed)
        text = json.dumps(changed).encode()
        good.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length:])
        refuses(words, good)
    good.write_bytes(content[:-1])
    refuses("the file at", good)
    good.write_bytes(struct.pack("<Q", 1 << 60) + content[8:])
    refuses("a header of", good)


TESTS = [openai_archive, openai_archive_of_a_resnet, openai_state_dict, open_clip_checkpoint_with_half_storage,
         open_clip_folder_with_separate_text, hugging_face_folder, hugging_face_safetensors, clip2scene,
         large_weights_lie_beside_the_graph, refusals]


def main():
    torch.set_num_threads(1)
    failed = 0
    for test in TESTS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                print(f"ok      {test.__name__}")
            except (AssertionError, ExportError) as error:
                failed += 1
                print(f"FAILED  {test.__name__}: {error}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
