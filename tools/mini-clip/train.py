"""Trains mini-clip contrastively on a caption folder.

    python3 tools/mini-clip/train.py --data CAPTIONS --out OUT

Writes OUT/checkpoint.pt every few hundred steps (atomically; a run started again goes on from it) and OUT/model.pt at
the end. Each worker is a process with one thread that works on its own part of a batch; gradients are averaged. One
machine, number of workers and seed give the same bits.
"""

import argparse
import ctypes
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F

from classes import BACKGROUND, SCANNET20, TEMPLATES, read_templates
from data import (PURPOSE_TILES, PURPOSE_VIEW, CaptionFolder, batch_indices, gather_tiles, generator_for, random_views,
                  shuffle_tiles)
from model import PATCH, MiniClip, ModelShape, Vocabulary, class_embeddings, class_prior, load_model


# Weight of finding walls and floors in the tag loss; everything else has 1.
BACKGROUND_WEIGHT = 0.5


def prepare_process():
    """One thread, for the same bits; and glibc reuses freed tensors, in huge pages, instead of returning them to the
    kernel: steps take half the time. Both are chosen when a process starts, so it starts itself again once."""
    wanted = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    if any(name not in os.environ for name in wanted):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    torch.set_num_threads(1)
    libc = ctypes.CDLL("libc.so.6")
    for option, value in ((-3, 1 << 30), (-1, (1 << 31) - 1), (-2, 256 << 20)):
        libc.mallopt(option, value)


def join_workers(options):
    """Starts the other workers from the first one and connects all of them; the rank of this one."""
    if options.workers == 1:
        return 0
    rank = int(os.environ.get("MINI_CLIP_RANK", "0"))
    meeting = Path(options.out).resolve() / "meeting"
    if rank == 0:
        meeting.unlink(missing_ok=True)
        for other in range(1, options.workers):
            subprocess.Popen([sys.executable, *sys.argv], env={**os.environ, "MINI_CLIP_RANK": str(other)})
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.workers)
    return rank


def average_gradients(model, workers):
    if workers == 1:
        return
    present = [p for p in model.parameters() if p.grad is not None]
    flat = torch.cat([p.grad.flatten() for p in present])
    torch.distributed.all_reduce(flat)
    flat /= workers
    for p, grad in zip(present, flat.split([p.numel() for p in present])):
        p.grad.copy_(grad.reshape(p.grad.shape))


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


def tag_loss(patches, prompts, scale, shares, weights):
    """Loss of the value path under captions alone: patches (B, N, d) and prompts (C, d) of unit length, shares (B, C)
    the least part of the picture that a named class is taken to fill, 0 where the caption does not name it.

    Each patch spreads its probability over the classes. No patch may be of a class that the caption does not name; and
    each named class must be found, with its weight (C,): the mean of its probability over the patches that like it best,
    as many as its share.
    """
    probability = ((patches @ prompts.T) * scale).softmax(-1)
    named = shares > 0
    within = -(probability * named[:, None]).sum(-1).clamp(min=1e-6).log().mean()
    cells = probability.shape[1]
    best = probability.sort(dim=1, descending=True).values.cumsum(1)
    count = (shares * cells).round().long().clamp(min=1)
    pooled = best.gather(1, (count - 1)[:, None])[:, 0] / count
    weights = named * weights
    found = -(pooled.clamp(min=1e-6).log() * weights).sum(1) / weights.sum(1).clamp(min=1)
    return within + found.mean()


def whole_loss(model, batch):
    """Contrastive loss of the image token against the captions."""
    embedding, _ = model.image(batch.views)
    captions = model.text(batch.captions)
    scale = model.scale.clamp(max=math.log(100)).exp()
    scores = F.normalize(embedding, dim=-1) @ F.normalize(captions, dim=-1).T * scale
    return contrastive_loss(scores, batch.positive)


def patch_loss(model, batch, generator, options):
    """Tag loss of the patches, in half of the steps seen in pictures of mixed tiles: what a patch shows must be told from
    near it, or all patches of a picture would learn what the whole picture shows. Tiles keep their place: were places
    dealt out too, a class that most captions name would be given to places instead of things."""
    tile = options.tiles[int(torch.randint(len(options.tiles), (1,), generator=generator))]
    patches, prompts = embed_mixed(model, batch, tile, keep_place=True, generator=generator)
    return tag_loss(patches, prompts, options.patch_scale, batch.shares, batch.weights)


def embed_mixed(model, batch, tile, keep_place, generator):
    """Unit patch embeddings (B, N, d) of the views, seen in pictures of mixed tiles, and of the prompts (C, d)."""
    prompts = F.normalize(model.text(batch.prompts), dim=-1)
    if tile >= batch.views.shape[2]:
        return F.normalize(model.image(batch.views)[1], dim=-1), prompts
    pictures, back = shuffle_tiles(batch.views, tile, keep_place, generator)
    _, patches = model.image(pictures.to(memory_format=torch.channels_last))
    return gather_tiles(F.normalize(patches, dim=-1), tile // PATCH, back), prompts


class Teacher:
    """The model of a first training, frozen. In whole pictures it finds each named class in the patches that it likes best,
    often by their place: floors lie below. A student that sees those patches out of place has to learn their looks."""

    def __init__(self, path, classes):
        self.model, _, content = load_model(path)
        prior = dict(zip(SCANNET20, content["prior"]))
        self.prior = torch.tensor([prior[name] for name in classes])

    def labels(self, batch, options):
        """Class index of each patch (B, N), -100 where no named class claims it; among several the one that exceeds its
        prior most."""
        with torch.no_grad():
            patches, prompts = embed_mixed(self.model, batch, batch.views.shape[2], keep_place=True, generator=None)
            probability = (patches @ prompts.T * options.patch_scale).softmax(-1)
        cells = probability.shape[1]
        rank = probability.argsort(1, descending=True).argsort(1)
        claimed = rank < (batch.shares * cells).round().clamp(max=cells)[:, None]
        best = (probability / self.prior * claimed).max(-1)
        return best.indices.masked_fill(best.values == 0, -100)


def student_loss(model, teacher, batch, generator, options):
    """Cross entropy of patches in pictures of tiles out of place against the teacher's labels; and no patch may be of a
    class that its caption does not name."""
    patches, prompts = embed_mixed(model, batch, min(options.tiles), keep_place=False, generator=generator)
    scores = patches @ prompts.T * options.patch_scale
    found = F.cross_entropy(scores.flatten(0, 1), teacher.labels(batch, options).flatten(), ignore_index=-100)
    within = -(scores.softmax(-1) * (batch.shares > 0)[:, None]).sum(-1).clamp(min=1e-6).log().mean()
    return found + within


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
    """Views (B, 3, S, S), token ids of the batch's captions and of one prompt a class, which caption fits which view,
    and for the tag loss shares (B, C) and weights (C,)."""

    views: torch.Tensor
    captions: torch.Tensor
    prompts: torch.Tensor
    positive: torch.Tensor
    shares: torch.Tensor
    weights: torch.Tensor


def make_batch(data, vocabulary, classes, templates, mean, std, step, rank, options):
    """One worker's part of a step's batch, from (seed, step, rank) alone. A caption fits an image whose own caption names
    all of its classes."""
    index = batch_indices(options.seed, step, options.batch * options.workers, len(data)).tolist()[rank :: options.workers]
    generator = generator_for(options.seed, PURPOSE_VIEW, step * options.workers + rank)
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
        torch.tensor([[data.shares[i].get(name, 0.0) for name in classes] for i in index]),
        torch.tensor([BACKGROUND_WEIGHT if name in BACKGROUND else 1.0 for name in classes]),
    )


def train(options):
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    rank = join_workers(options)
    data = CaptionFolder(options.data)
    vocabulary = Vocabulary.from_captions(data.captions)
    classes = sorted(frozenset().union(*data.classes))
    templates = read_templates(options.templates)
    mean, std = data.statistics()
    shape = replace(ModelShape(), width=options.width, layers=options.layers, heads=options.width // 32)
    model = MiniClip(shape, len(vocabulary))
    model.image = model.image.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(parameter_groups(model, options.weight_decay), betas=(0.9, 0.98))
    settings = {k: v for k, v in vars(options).items() if k not in ("data", "out", "templates", "teacher", "checkpoint")}
    content = {"shape": shape.to_dict(), "words": vocabulary.words, "mean": mean.tolist(), "std": std.tolist(),
               "settings": settings, "images": len(data)}
    teacher = Teacher(options.teacher, classes) if options.teacher else None
    if teacher:
        model.load_state_dict(teacher.model.state_dict())
    start = 0
    if (out / "checkpoint.pt").exists():
        saved = torch.load(out / "checkpoint.pt")
        if saved["settings"] != settings or saved["images"] != len(data):
            raise SystemExit(f"{out / 'checkpoint.pt'}: made with {saved['settings']} on {saved['images']} images, "
                             f"this run has {settings} on {len(data)}; use another --out")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    if rank == 0:
        print(f"{len(data)} images, {len(vocabulary)} tokens, "
              f"{sum(p.numel() for p in model.image.parameters()):,} + "
              f"{sum(p.numel() for p in model.text.parameters()):,} parameters, from step {start}", flush=True)
    began, seen, totals, counts = time.time(), 0, torch.zeros(2), torch.zeros(2)
    for step in range(start, options.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options)
        batch = make_batch(data, vocabulary, classes, templates, mean, std, step, rank, options)
        kind = min(1, step % 6)
        tiles = generator_for(options.seed, PURPOSE_TILES, step * options.workers + rank)
        if kind == 0:
            loss = whole_loss(model, batch)
        elif teacher:
            loss = student_loss(model, teacher, batch, tiles, options)
        else:
            loss = patch_loss(model, batch, tiles, options)
        optimizer.zero_grad()
        loss.backward()
        average_gradients(model, options.workers)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += options.batch * options.workers
        totals[kind] += loss.item()
        counts[kind] += 1
        if rank == 0 and (step + 1) % 50 == 0:
            rate = seen / (time.time() - began)
            left = (options.steps - step - 1) * options.batch * options.workers / rate
            print(f"step {step + 1}/{options.steps} loss {totals[0] / counts[0]:.3f} patch {totals[1] / counts[1]:.3f} "
                  f"scale {model.scale.exp().item():.1f} {rate:.0f} images/s, {left / 60:.1f} min left", flush=True)
            totals.zero_()
            counts.zero_()
        if rank == 0 and (step + 1) % options.checkpoint == 0:
            save(out / "checkpoint.pt", {**content, "model": model.state_dict(),
                                         "optimizer": optimizer.state_dict(), "step": step + 1})
    if rank > 0:
        return
    rows = class_embeddings(model.eval(), vocabulary, SCANNET20, templates)
    content["prior"] = class_prior(model, rows, data.images[::16], mean, std, options.patch_scale).tolist()
    save(out / "model.pt", {**content, "model": model.state_dict()})
    (out / "training.json").write_text(json.dumps({**settings, "images": len(data)}, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="caption folder")
    parser.add_argument("--out", required=True, help="folder for checkpoint.pt and model.pt")
    parser.add_argument("--steps", type=int, default=4800)
    parser.add_argument("--batch", type=int, default=48, help="images of each worker")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64])
    parser.add_argument("--smallest-area", type=float, default=0.6)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--tiles", type=int, nargs="+", default=[32, 64], help="sides of the tiles of mixed pictures")
    parser.add_argument("--teacher", help="model.pt of a first training, whose student this one is to be")
    parser.add_argument("--patch-scale", type=float, default=15.0)
    parser.add_argument("--templates", default=TEMPLATES, help="file of prompt templates, one a line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--checkpoint", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    prepare_process()
    train(parse())
