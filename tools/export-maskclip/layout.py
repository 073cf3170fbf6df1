"""Recognises CLIP's towers in a state dict by the tensors' names and shapes, and brings them to one form.

OpenAI's names (`visual.transformer.resblocks...`, open_clip's too) and Hugging Face's (`vision_model.encoder.layers...`) are
known. Every tensor has to be used: one that is left over means a network that this tool would compute wrongly.
"""

import math
from dataclasses import dataclass

import torch

from weights import ExportError

# Heads of an image tower by its width, where they are not of 64 channels.
HEADS = {1280: 16, 1408: 16, 1664: 16}
VIT_NAMES = {(384, 12): "ViT-S", (512, 12): "ViT-M", (640, 12): "ViT-M", (768, 12): "ViT-B", (1024, 24): "ViT-L",
             (1280, 32): "ViT-H", (1408, 40): "ViT-g", (1664, 48): "ViT-bigG"}
RESNET_NAMES = {(3, 4, 6, 3): "RN50", (3, 4, 23, 3): "RN101", (4, 6, 10, 6): "RN50x4", (6, 8, 18, 8): "RN50x16",
                (3, 15, 36, 10): "RN50x64"}
IGNORED = ("logit_scale", "logit_bias", "attn_mask", "text.attn_mask", "vision_model.embeddings.position_ids",
           "text_model.embeddings.position_ids")


@dataclass
class Block:
    """A residual attention block; each entry is (weight, bias), weights of linear maps [out, in]."""

    norm1: tuple
    query: tuple
    key: tuple
    value: tuple
    out: tuple
    norm2: tuple
    expand: tuple
    shrink: tuple


@dataclass
class VisionTransformer:
    name: str
    patch: torch.Tensor  # [C, 3, p, p]
    cls: torch.Tensor  # [C]
    position: torch.Tensor  # [1 + g g, C]
    norm_pre: tuple
    blocks: list
    norm_post: tuple
    project: torch.Tensor  # [C, d]
    grid: int
    heads: int

    @property
    def stride(self):
        return self.patch.shape[-1]

    @property
    def dimension(self):
        return self.project.shape[1]

    @property
    def key_width(self):
        return self.patch.shape[0]


@dataclass
class Bottleneck:
    convs: list  # three (weight, bias), batch norms folded in
    shortcut: tuple | None
    stride: int


@dataclass
class ModifiedResNet:
    name: str
    stem: list  # three (weight, bias)
    layers: list  # four lists of Bottleneck
    key: tuple
    value: tuple
    project: tuple
    grid: int
    stride: int = 32

    @property
    def dimension(self):
        return self.project[0].shape[0]

    @property
    def key_width(self):
        return self.key[0].shape[0]


@dataclass
class TextTransformer:
    tokens: torch.Tensor  # [words, C]
    position: torch.Tensor  # [context, C]
    blocks: list
    norm: tuple
    project: torch.Tensor  # [C, d]
    heads: int


class Tensors:
    """A state dict of which every tensor is taken once; shapes are checked where they are taken."""

    def __init__(self, weights):
        self.path, self.rest = weights.path, dict(weights.state)

    def has(self, name):
        return name in self.rest

    def take(self, name, *shape):
        """A tensor of the given shape; None in the shape stands for any extent."""
        if name not in self.rest:
            raise ExportError(f"{self.path}: expected a tensor '{name}', found none")
        tensor = self.rest.pop(name)
        if tensor.dim() != len(shape) or any(a is not None and a != b for a, b in zip(shape, tensor.shape)):
            wanted = ["any" if extent is None else extent for extent in shape]
            raise ExportError(f"{self.path}: tensor '{name}': expected shape {wanted}, found {list(tensor.shape)}")
        if not tensor.is_floating_point() or not tensor.isfinite().all():
            raise ExportError(f"{self.path}: tensor '{name}': expected finite numbers")
        return tensor

    def norm(self, name, width):
        return self.take(name + ".weight", width), self.take(name + ".bias", width)

    def linear(self, name, inner, outer=None):
        weight = self.take(name + ".weight", outer, inner)
        return weight, self.take(name + ".bias", weight.shape[0])

    def count(self, prefix):
        """How many numbered modules lie below a prefix."""
        numbers = {name[len(prefix):].split(".")[0] for name in self.rest if name.startswith(prefix)}
        return len(numbers)

    def convolution(self, conv, norm, inner):
        """A convolution with the batch norm after it folded in: (weight, bias)."""
        weight = self.take(conv + ".weight", None, inner, None, None)
        gain, shift = self.norm(norm, weight.shape[0])
        mean, variance = self.take(norm + ".running_mean", len(gain)), self.take(norm + ".running_var", len(gain))
        self.rest.pop(norm + ".num_batches_tracked", None)
        gain = gain.double() / (variance.double() + 1e-5).sqrt()
        return (weight.double() * gain[:, None, None, None]).float(), (shift.double() - mean.double() * gain).float()

    def finish(self):
        left = [name for name in self.rest if name not in IGNORED]
        if left:
            raise ExportError(f"{self.path}: tensor '{left[0]}': expected a CLIP tower, found a part that those have not "
                              f"({len(left)} tensors are left over)")


def fused_block(tensors, at, width):
    """A block of OpenAI's and open_clip's layout."""
    weight, bias = tensors.take(at + "attn.in_proj_weight", 3 * width, width), tensors.take(at + "attn.in_proj_bias", 3 * width)
    query, key, value = zip(weight.chunk(3), bias.chunk(3))
    expand = tensors.linear(at + "mlp.c_fc", width)
    return Block(tensors.norm(at + "ln_1", width), query, key, value, tensors.linear(at + "attn.out_proj", width, width),
                 tensors.norm(at + "ln_2", width), expand, tensors.linear(at + "mlp.c_proj", len(expand[1]), width))


def split_block(tensors, at, width):
    """A block of Hugging Face's layout."""
    query, key, value, out = (tensors.linear(f"{at}self_attn.{name}_proj", width, width) for name in ("q", "k", "v", "out"))
    expand = tensors.linear(at + "mlp.fc1", width)
    return Block(tensors.norm(at + "layer_norm1", width), query, key, value, out,
                 tensors.norm(at + "layer_norm2", width), expand, tensors.linear(at + "mlp.fc2", len(expand[1]), width))


def blocks(tensors, prefix, read, width):
    count = tensors.count(prefix)
    if count == 0:
        raise ExportError(f"{tensors.path}: expected attention blocks named '{prefix}0...', found none")
    return [read(tensors, f"{prefix}{i}.", width) for i in range(count)]


def square(tensors, name, positions):
    grid = math.isqrt(positions)
    if grid * grid != positions or grid == 0:
        raise ExportError(f"{tensors.path}: tensor '{name}': expected a position for CLS and those of a square grid, found {1 + positions}")
    return grid


def head_count(tensors, width, given):
    heads = given if given is not None else HEADS.get(width, width // 64)
    if not isinstance(heads, int) or heads < 1 or width % heads:
        raise ExportError(f"{tensors.path}: no number of heads is known for a width of {width}; give it with --heads or --text-heads")
    return heads


def name_vision(width, layers, patch, grid):
    name = VIT_NAMES.get((width, layers), f"ViT of width {width} with {layers} layers")
    size = patch * grid
    return f"{name}/{patch}" + (f"@{size}" if size != 224 else "")


def read_vision_transformer(tensors, split, heads):
    names = dict(patch="visual.conv1.weight", cls="visual.class_embedding", position="visual.positional_embedding",
                 pre="visual.ln_pre", post="visual.ln_post", blocks="visual.transformer.resblocks.")
    if split:
        names = dict(patch="vision_model.embeddings.patch_embedding.weight", cls="vision_model.embeddings.class_embedding",
                     position="vision_model.embeddings.position_embedding.weight", pre="vision_model.pre_layrnorm",
                     post="vision_model.post_layernorm", blocks="vision_model.encoder.layers.")
    patch = tensors.take(names["patch"], None, 3, None, None)
    width, side = patch.shape[0], patch.shape[2]
    position = tensors.take(names["position"], None, width)
    grid = square(tensors, names["position"], len(position) - 1)
    if side != patch.shape[3]:
        raise ExportError(f"{tensors.path}: tensor '{names['patch']}': expected square patches, found {side}x{patch.shape[3]}")
    layers = blocks(tensors, names["blocks"], split_block if split else fused_block, width)
    project = tensors.take("visual_projection.weight", None, width).T if split else tensors.take("visual.proj", width, None)
    return VisionTransformer(
        name_vision(width, len(layers), side, grid), patch, tensors.take(names["cls"], width), position,
        tensors.norm(names["pre"], width), layers, tensors.norm(names["post"], width), project, grid,
        head_count(tensors, width, heads))


def read_resnet(tensors):
    stem, inner = [], 3
    for i in (1, 2, 3):
        stem.append(tensors.convolution(f"visual.conv{i}", f"visual.bn{i}", inner))
        inner = len(stem[-1][1])
    layers = []
    for i in (1, 2, 3, 4):
        layer = []
        for j in range(tensors.count(f"visual.layer{i}.")):
            at, convs, width = f"visual.layer{i}.{j}.", [], inner
            for k in (1, 2, 3):
                convs.append(tensors.convolution(f"{at}conv{k}", f"{at}bn{k}", width))
                width = len(convs[-1][1])
            shortcut = None
            if tensors.has(at + "downsample.0.weight"):
                shortcut = tensors.convolution(at + "downsample.0", at + "downsample.1", inner)
            layer.append(Bottleneck(convs, shortcut, 2 if i > 1 and j == 0 else 1))
            inner = width
        layers.append(layer)
    pool = "visual.attnpool."
    position = tensors.take(pool + "positional_embedding", None, inner)
    tensors.linear(pool + "q_proj", inner, inner)  # MaskCLIP leaves the query and the positions out
    key, value = tensors.linear(pool + "k_proj", inner, inner), tensors.linear(pool + "v_proj", inner, inner)
    counts = tuple(len(layer) for layer in layers)
    name = RESNET_NAMES.get(counts, f"ResNet {counts} of width {len(stem[-1][1])}")
    return ModifiedResNet(name, stem, layers, key, value, tensors.linear(pool + "c_proj", inner),
                          square(tensors, pool + "positional_embedding", len(position) - 1))


def read_text(tensors, split, heads):
    at = "text_model." if split else "text." if tensors.has("text.token_embedding.weight") else ""
    tokens = tensors.take(at + ("embeddings.token_embedding.weight" if split else "token_embedding.weight"), None, None)
    width = tokens.shape[1]
    position = tensors.take(at + ("embeddings.position_embedding.weight" if split else "positional_embedding"), None, width)
    prefix = at + ("encoder.layers." if split else "transformer.resblocks.")
    layers = blocks(tensors, prefix, split_block if split else fused_block, width)
    norm = tensors.norm(at + ("final_layer_norm" if split else "ln_final"), width)
    if split:
        project = tensors.take("text_projection.weight", None, width).T
    else:
        project = tensors.take(at + "text_projection", width, None)
    return TextTransformer(tokens, position, layers, norm, project, head_count(tensors, width, heads))


def read_towers(weights):
    """(image tower, text tower, logit scale)."""
    tensors = Tensors(weights)
    scale = float(tensors.rest["logit_scale"].exp()) if tensors.has("logit_scale") else 100.0
    split = tensors.has("vision_model.embeddings.patch_embedding.weight")
    if tensors.has("visual.attnpool.c_proj.weight"):
        image = read_resnet(tensors)
    elif split or tensors.has("visual.conv1.weight"):
        image = read_vision_transformer(tensors, split, weights.heads)
    else:
        raise ExportError(f"{weights.path}: expected CLIP's image tower ('visual.conv1.weight', 'visual.attnpool...' or "
                          f"'vision_model.embeddings...'), found {', '.join(list(tensors.rest)[:3])}, ...")
    text = read_text(tensors, split, weights.text_heads)
    tensors.finish()
    if text.project.shape[1] != image.dimension:
        raise ExportError(f"{weights.path}: the towers end in {image.dimension} and {text.project.shape[1]} channels, expected the same")
    return image, text, scale
