"""Loads CLIP weights from a file, or from a folder as the Hugging Face hub lays it out, and what is written beside them."""

import json
import pickle
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import torch

from safetensors_file import SafetensorsError, read_safetensors

IN_FOLDER = ("model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin")
# Fields of open_clip_config.json that change what a tower computes without a tensor that shows it, and CLIP's values of them.
OPEN_CLIP_FIELDS = {
    "vision_cfg": {"pool_type": "tok", "final_ln_after_pool": False, "act_kwargs": None, "norm_kwargs": None},
    "text_cfg": {"pool_type": "argmax", "no_causal_mask": False, "embed_cls": False, "act_kwargs": None, "norm_kwargs": None},
}
OPENAI_FIELDS = ("input_resolution", "context_length", "vocab_size")  # only OpenAI's archives hold them


class ExportError(ValueError):
    """One line that names the file or field, what was expected, what was found and the way out."""


@dataclass
class Weights:
    """A state dict and the facts that its tensors do not tell; None where nothing says them."""

    path: Path
    state: dict
    quick: bool | None = None  # QuickGELU
    heads: int | None = None
    text_heads: int | None = None
    epsilon: float | None = None
    mean: list | None = None
    std: list | None = None
    files: dict = field(default_factory=dict)  # tokenizer files by their name


def is_script(path):
    """Whether a zip archive is TorchScript: those have constants and code."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return any(name.endswith("/constants.pkl") for name in names) and any("/code/" in name for name in names)


def load_state(path):
    """The tensors of a weight file by name, float32."""
    try:
        if path.suffix == ".safetensors":
            state = read_safetensors(path)
        elif is_script(path):
            state = torch.jit.load(str(path), map_location="cpu").state_dict()
        else:
            state = torch.load(str(path), map_location="cpu", weights_only=True)
    except (SafetensorsError, OSError) as error:
        raise ExportError(f"{path}: {error}") from None
    except pickle.UnpicklingError as error:
        raise ExportError(f"{path}: holds Python objects beside tensors, which are not loaded ({error}). "
                          "Save its state dict alone, or use a .safetensors file") from None
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ExportError(f"{path}: expected PyTorch weights, a TorchScript archive or .safetensors: {error}") from None
    while isinstance(state, dict) and isinstance(state.get("state_dict"), dict):  # a training checkpoint of open_clip
        state = state["state_dict"]
    if not isinstance(state, dict) or not state or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise ExportError(f"{path}: expected a state dict, tensors by name, found something else")
    if all(name.startswith("module.") for name in state):  # trained on several devices
        state = {name[len("module."):]: tensor for name, tensor in state.items()}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def read_json(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ExportError(f"{path}: expected JSON: {error}") from None
    if not isinstance(content, dict):
        raise ExportError(f"{path}: expected a JSON object")
    return content


def read_hugging_face(folder, weights):
    config = read_json(folder / "config.json")
    vision, text = config.get("vision_config") or {}, config.get("text_config") or {}
    if "hidden_act" in vision or "model_type" in config:
        name = vision.get("hidden_act", "quick_gelu")  # transformers' own default
        if name not in ("quick_gelu", "gelu"):
            raise ExportError(f"{folder / 'config.json'}: field 'vision_config.hidden_act': expected quick_gelu or gelu, found {name!r}")
        if text.get("hidden_act", "quick_gelu") != name:
            raise ExportError(f"{folder / 'config.json'}: the towers have different activations")
        weights.quick = name == "quick_gelu"
        weights.heads = vision.get("num_attention_heads")
        weights.text_heads = text.get("num_attention_heads")
        weights.epsilon = vision.get("layer_norm_eps")
    processor = read_json(folder / "preprocessor_config.json")
    weights.mean, weights.std = processor.get("image_mean"), processor.get("image_std")


def read_open_clip(folder, weights):
    config = read_json(folder / "open_clip_config.json")
    model, images = config.get("model_cfg", {}), config.get("preprocess_cfg", {})
    vision, text = model.get("vision_cfg", {}), model.get("text_cfg", {})
    for tower, fields in OPEN_CLIP_FIELDS.items():
        for name, value in fields.items():
            if (model.get(tower, {}).get(name) or value) != value:
                raise ExportError(f"{folder / 'open_clip_config.json'}: field 'model_cfg.{tower}.{name}': expected {value!r} as in CLIP, "
                                  f"found {model[tower][name]!r}")
    weights.quick = bool(model.get("quick_gelu", False))
    if "head_width" in vision and "width" in vision:
        weights.heads = vision["width"] // vision["head_width"]
    weights.text_heads = text.get("heads")
    weights.mean, weights.std = images.get("mean"), images.get("std")


def load_weights(path):
    path = Path(path)
    folder, file = path, path
    if path.is_dir():
        file = next((path / name for name in IN_FOLDER if (path / name).is_file()), None)
        if file is None:
            raise ExportError(f"{path}: expected one of {', '.join(IN_FOLDER)} in the folder")
    elif not path.is_file():
        raise ExportError(f"{path}: no such file")
    weights = Weights(file, load_state(file))
    if any(name in weights.state for name in OPENAI_FIELDS):
        weights.quick = True
        for name in OPENAI_FIELDS:
            weights.state.pop(name, None)
    if path.is_dir():
        if (folder / "open_clip_config.json").is_file() and not any(".self_attn." in name for name in weights.state):
            read_open_clip(folder, weights)
        else:
            read_hugging_face(folder, weights)
        weights.files = {name: folder / name for name in ("vocab.json", "merges.txt") if (folder / name).is_file()}
    return weights
