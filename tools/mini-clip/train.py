"""Trains mini-clip contrastively on a caption folder.

    python3 tools/mini-clip/train.py --data CAPTIONS --out OUT

Writes OUT/checkpoint.pt every few hundred steps (atomically; a run started again goes on from it) and OUT/model.pt at
the end. One machine, thread count and seed give the same bits.
"""

import argparse
import ctypes
import json
import math
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F

from classes import BACKGROUND, TEMPLATES, read_templates
from data import (PURPOSE_TILES, PURPOSE_VIEW, CaptionFolder, batch_indices, gather_tiles, generator_for, random_views,
                  shuffle_tiles)
from model import PATCH, MiniClip, ModelShape, Vocabulary


def keep_freed_memory():
    """Lets glibc reuse freed tensors, in huge pages, instead of returning them to the kernel: steps take half the
    time. Huge pages are chosen when a process starts, so it starts itself again once."""
    if "GLIBC_TUNABLES" not in os.environ:
        os.environ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    libc = ctypes.CDLL("libc.so.6")
    for option, value in ((-3, 1 << 30), (-1, (1 << 31) - 1), (-2, 256 << 20)):
        libc.mallopt(option, value)


def contrastive_loss(scores, positive):
    """InfoNCE with several positives, both ways; scores (B, T), positive (B, T) boolean.

    Every positive pair competes with the negatives of its row (image to text) and of its column (text to image), not
    with other positives: -log exp(s+) / (exp(s+) + sum over negatives exp(s-)).
    """
    negatives = scores.masked_fill(positive, float("-inf"))
    loss = 0
    for axis in (1, 0):
        against = negatives.logsumexp(axis, keepdim=True).clamp(min=-1e4)
        pair = F.softplus(against - scores) * positive
        count = positive.sum(axis)
        loss = loss + (pair.sum(axis)[count > 0] / count[count > 0]).mean()
    return loss / 2


def tag_loss(patches, prompts, scale, tags, background, options):
    """Loss of the value path under captions alone: patches (B, N, d), prompts (C, d) of unit length, tags (B, C).

    Each patch spreads its probability over the classes. No patch may be of a class that the caption does not name,
    except `background` (C,): what is in nearly every indoor photo though hardly any caption says so. And what is there
    must be found, by the mean over the patches that like it best: a caption's only thing fills much of the picture, as
    photos are framed; one of several things, and the background, may take a small part.
    """
    with torch.autocast("cpu", torch.bfloat16):
        cosine = patches @ prompts.T
    probability = (cosine.float() * scale).softmax(-1)
    wide = tags & (tags.sum(1, keepdim=True) == 1)
    # A photo of nothing but a wall shows no floor.
    possible = tags | (background & ~(wide & background).any(1, keepdim=True))
    within = -(probability * possible[:, None]).sum(-1).clamp(min=1e-6).log().mean()
    weight = tags / tags.sum(1, keepdim=True) + options.background_weight * (possible & ~tags)
    cells = probability.shape[1]
    ranked = probability.topk(max(1, round(options.wide_share * cells)), dim=1).values
    pooled = torch.where(wide, ranked.mean(1), ranked[:, : max(1, round(options.small_share * cells))].mean(1))
    found = -(pooled.clamp(min=1e-6).log() * weight).sum(1).mean()
    return within + options.found_weight * found


def whole_loss(model, batch):
    """Contrastive loss of the image token against the captions."""
    with torch.autocast("cpu", torch.bfloat16):
        embedding, _ = model.image(batch.views)
        captions = model.text(batch.captions)
    scale = model.scale.clamp(max=math.log(100)).exp()
    scores = F.normalize(embedding.float(), dim=-1) @ F.normalize(captions.float(), dim=-1).T * scale
    return contrastive_loss(scores, batch.positive)


def patch_loss(model, batch, background, generator, options):
    """Tag loss of the patches, seen in pictures of mixed tiles: what a patch shows can be told only from near it."""
    tile = options.tiles[int(torch.randint(len(options.tiles), (1,), generator=generator))]
    keep_place = bool(torch.rand(1, generator=generator) < 0.25)
    views = batch.views[:, :, : batch.views.shape[2] // tile * tile, : batch.views.shape[3] // tile * tile]
    pictures, back = shuffle_tiles(views, tile, keep_place, generator)
    with torch.autocast("cpu", torch.bfloat16):
        _, patches = model.image(pictures.to(memory_format=torch.channels_last))
        prompts = model.text(batch.prompts)
    patches = gather_tiles(F.normalize(patches.float(), dim=-1), tile // PATCH, back)
    prompts = F.normalize(prompts.float(), dim=-1)
    return tag_loss(patches, prompts, options.patch_scale, batch.tags, background, options)


def save(path, content):
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def parameter_groups(model, weight_decay):
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def learning_rate(step, options):
    if step < options.warmup:
        return options.rate * (step + 1) / options.warmup
    progress = (step - options.warmup) / max(1, options.steps - options.warmup)
    return options.rate * (0.5 + 0.5 * math.cos(math.pi * progress))


@dataclass
class Batch:
    """Views (B, 3, S, S), token ids of the batch's captions and of one prompt a class, and what fits what."""

    views: torch.Tensor
    captions: torch.Tensor
    prompts: torch.Tensor
    positive: torch.Tensor
    tags: torch.Tensor


def make_batch(data, vocabulary, classes, templates, mean, std, step, options):
    """Batch of a step, from (seed, step) alone. A caption fits an image whose own caption names all of its classes."""
    index = batch_indices(options.seed, step, options.batch, len(data)).tolist()
    generator = generator_for(options.seed, PURPOSE_VIEW, step)
    size = options.sizes[int(torch.randint(len(options.sizes), (1,), generator=generator))]
    views = random_views(data.images[index], size, generator, options.smallest_area)
    views = ((views - mean[:, None, None]) / std[:, None, None]).to(memory_format=torch.channels_last)
    captions = {data.captions[i]: data.classes[i] for i in index}
    template = templates[int(torch.randint(len(templates), (1,), generator=generator))]
    return Batch(
        views,
        vocabulary.encode(list(captions)),
        vocabulary.encode([template.format(name) for name in classes]),
        torch.tensor([[named <= data.classes[i] for named in captions.values()] for i in index]),
        torch.tensor([[name in data.classes[i] for name in classes] for i in index]),
    )


def train(options):
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    data = CaptionFolder(options.data)
    vocabulary = Vocabulary.from_captions(data.captions)
    classes = sorted(frozenset().union(*data.classes))
    background = torch.tensor([name in BACKGROUND for name in classes])
    templates = read_templates(options.templates)
    mean, std = data.statistics()
    shape = replace(ModelShape(), width=options.width, layers=options.layers, heads=options.width // 32)
    model = MiniClip(shape, len(vocabulary))
    model.image = model.image.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(parameter_groups(model, options.weight_decay), betas=(0.9, 0.98))
    settings = {k: v for k, v in vars(options).items() if k not in ("data", "out", "templates")}
    content = {"shape": shape.to_dict(), "words": vocabulary.words, "mean": mean.tolist(), "std": std.tolist(),
               "settings": settings, "images": len(data)}
    if options.start:
        model.load_state_dict(torch.load(options.start)["model"])
    start = 0
    if (out / "checkpoint.pt").exists():
        saved = torch.load(out / "checkpoint.pt")
        if saved["settings"] != settings or saved["images"] != len(data):
            raise SystemExit(f"{out / 'checkpoint.pt'}: made with {saved['settings']} on {saved['images']} images, "
                             f"this run has {settings} on {len(data)}; use another --out")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    print(f"{len(data)} images, {len(vocabulary)} tokens, "
          f"{sum(p.numel() for p in model.image.parameters()):,} + "
          f"{sum(p.numel() for p in model.text.parameters()):,} parameters, from step {start}", flush=True)
    began, seen, totals, counts = time.time(), 0, torch.zeros(2), torch.zeros(2)
    for step in range(start, options.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options)
        batch = make_batch(data, vocabulary, classes, templates, mean, std, step, options)
        kind = min(1, step % 3)
        loss = patch_loss(model, batch, background, generator_for(options.seed, PURPOSE_TILES, step), options) \
            if kind else whole_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += options.batch
        totals[kind] += loss.item()
        counts[kind] += 1
        if (step + 1) % 50 == 0:
            rate = seen / (time.time() - began)
            left = (options.steps - step - 1) * options.batch / rate
            print(f"step {step + 1}/{options.steps} loss {totals[0] / counts[0]:.3f} patch {totals[1] / counts[1]:.3f} "
                  f"scale {model.scale.exp().item():.1f} {rate:.0f} images/s, {left / 60:.1f} min left", flush=True)
            totals.zero_()
            counts.zero_()
        if (step + 1) % options.checkpoint == 0:
            save(out / "checkpoint.pt", {**content, "model": model.state_dict(),
                                         "optimizer": optimizer.state_dict(), "step": step + 1})
    save(out / "model.pt", {**content, "model": model.state_dict()})
    (out / "training.json").write_text(json.dumps({**settings, "images": len(data)}, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="caption folder")
    parser.add_argument("--out", required=True, help="folder for checkpoint.pt and model.pt")
    parser.add_argument("--steps", type=int, default=5600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--sizes", type=int, nargs="+", default=[96])
    parser.add_argument("--smallest-area", type=float, default=0.4)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--tiles", type=int, nargs="+", default=[32, 48], help="sides of the tiles of mixed pictures")
    parser.add_argument("--start", help="model.pt whose weights to start from")
    parser.add_argument("--patch-scale", type=float, default=15.0)
    parser.add_argument("--wide-share", type=float, default=0.2, help="share of the patches that a photo's only thing takes")
    parser.add_argument("--small-share", type=float, default=0.08, help="the same of one thing among others")
    parser.add_argument("--found-weight", type=float, default=1.0)
    parser.add_argument("--background-weight", type=float, default=0.25)
    parser.add_argument("--templates", default=TEMPLATES, help="file of prompt templates, one a line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--checkpoint", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    keep_freed_memory()
    train(parse())
