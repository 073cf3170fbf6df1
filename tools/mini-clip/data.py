"""Captioned images for contrastive training: loading and counter-based random views.

A caption folder (`hicorr synth --captions N`) holds captions.jsonl, one object a line with "image", "caption" and
"classes" (the classes that the caption names), and the images. Nothing in it is dense: the only supervision is which
caption belongs to which image.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from classes import BACKGROUND

PURPOSE_ORDER, PURPOSE_VIEW, PURPOSE_TILES = 1, 2, 3


def generator_for(seed, purpose, counter):
    """A random generator that depends on (seed, purpose, counter) alone, so that a resumed run draws the same."""
    state = np.random.SeedSequence([seed, purpose, counter]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


# Least part of a picture that a named class is taken to fill: what is seen from near; what is named first; walls and
# floors, which are large wherever they are worth a word; all else.
NEAR_SHARE, FIRST_SHARE, BACKGROUND_SHARE, OTHER_SHARE = 0.4, 0.2, 0.2, 0.04
NEAR = ("close-up", "detail", "from near")


def class_shares(caption, classes):
    """Share of the picture by class name, from the caption's words and order alone."""
    first = NEAR_SHARE if any(word in caption for word in NEAR) else FIRST_SHARE
    others = {name: BACKGROUND_SHARE if name in BACKGROUND else OTHER_SHARE for name in classes}
    return others | {classes[0]: first}


class CaptionFolder:
    """All images of a caption folder in memory: images (N, 3, S, S) uint8, captions, their class sets and shares."""

    def __init__(self, folder):
        folder = Path(folder)
        with open(folder / "captions.jsonl", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
        self.captions = [line["caption"] for line in lines]
        self.classes = [frozenset(line["classes"]) for line in lines]
        self.shares = [class_shares(line["caption"], line["classes"]) for line in lines]
        first = np.asarray(Image.open(folder / lines[0]["image"]).convert("RGB"))
        self.images = torch.empty((len(lines), 3) + first.shape[:2], dtype=torch.uint8)
        for i, line in enumerate(lines):
            pixels = np.array(Image.open(folder / line["image"]).convert("RGB"))
            if pixels.shape != first.shape:
                raise SystemExit(f"{folder / line['image']}: expected {first.shape}, found {pixels.shape}")
            self.images[i] = torch.from_numpy(pixels).permute(2, 0, 1)

    def __len__(self):
        return len(self.captions)

    def statistics(self):
        """Mean and standard deviation per channel of the images in [0, 1], from every 16th image."""
        sample = self.images[::16].float() / 255
        return sample.mean((0, 2, 3)), sample.std((0, 2, 3))


def batch_indices(seed, step, batch, count):
    """Indices of one training batch: each epoch is a fresh permutation, its last incomplete batch is left out."""
    per_epoch = count // batch
    epoch, position = divmod(step, per_epoch)
    order = torch.randperm(count, generator=generator_for(seed, PURPOSE_ORDER, epoch))
    return order[position * batch : (position + 1) * batch]


def random_views(images, size, generator, smallest_area):
    """Random views (B, 3, size, size) in [0, 1]: resized crops, flips, slight turns, colour changes and noise.

    `smallest_area` is the smallest share of the picture that a crop keeps.
    """
    b = images.shape[0]

    def uniform(low, high, *shape):
        return torch.rand(b, *shape, generator=generator) * (high - low) + low

    side = uniform(smallest_area, 1).sqrt()
    aspect = (uniform(-1, 1) * math.log(1.25)).exp().sqrt()
    half_w, half_h = (side * aspect).clamp(max=1), (side / aspect).clamp(max=1)
    centre_x, centre_y = uniform(-1, 1) * (1 - half_w), uniform(-1, 1) * (1 - half_h)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    angle = uniform(-1, 1) * math.radians(8)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack([
        torch.stack([half_w * flip * cos, -half_w * sin, centre_x], 1),
        torch.stack([half_h * flip * sin, half_h * cos, centre_y], 1),
    ], 1)
    grid = F.affine_grid(theta, (b, 3, size, size), align_corners=False)
    views = F.grid_sample(images.float() / 255, grid, padding_mode="reflection", align_corners=False)
    return change_colours(views, uniform, generator)


def change_colours(views, uniform, generator):
    """Exposure, contrast, channel order, saturation and sensor noise, drawn per image."""
    b = views.shape[0]
    order = torch.rand(b, 3, generator=generator).argsort(1)
    order = torch.where(uniform(0, 1, 1) < 0.5, order, torch.arange(3))
    mix = F.one_hot(order, 3).float()
    grey = torch.full((3, 3), 1 / 3)
    saturation = torch.where(uniform(0, 1) < 0.1, 0.0, uniform(0.5, 1.2))[:, None, None]
    mix = mix * saturation + grey * (1 - saturation)
    gain = uniform(0.8, 1.2, 3, 1) * uniform(0.75, 1.25, 1, 1)
    offset = uniform(-0.06, 0.06, 1, 1)
    mean = views.mean((1, 2, 3), keepdim=True)
    views = (views - mean) * uniform(0.7, 1.3, 1, 1, 1) + mean
    size = views.shape[2]
    views = torch.bmm(mix * gain, views.flatten(2)) + offset
    views = views + torch.randn(views.shape, generator=generator) * uniform(0, 0.03, 1, 1)
    return views.reshape(b, 3, size, size).clamp_(0, 1)


def shuffle_tiles(views, tile, keep_place, generator):
    """Cuts every view into square tiles and deals them out over the batch, and the order that brings them back.

    views (B, 3, S, S) with S a multiple of `tile`; returns pictures of the same shape whose tiles come from different
    views, and `back` (B, n * n): tile i of view b lies in the pictures as tile back[b, i] of all B * n * n.
    `keep_place` keeps each tile where it was in its view.
    """
    b, n = views.shape[0], views.shape[2] // tile
    if keep_place:
        order = torch.stack([torch.randperm(b, generator=generator) * n * n + i for i in range(n * n)], 1).flatten()
    else:
        order = torch.randperm(b * n * n, generator=generator)
    tiles = views.reshape(b, 3, n, tile, n, tile).permute(0, 2, 4, 1, 3, 5).reshape(b * n * n, 3, tile, tile)
    pictures = tiles[order].reshape(b, n, n, 3, tile, tile).permute(0, 3, 1, 4, 2, 5).reshape(views.shape)
    return pictures, order.argsort().reshape(b, n * n)


def gather_tiles(patches, tile_cells, back):
    """Patch embeddings (B, N, d) of shuffled pictures, gathered view by view: (B, N, d), the order inside free."""
    b, count, d = patches.shape
    side = round(count**0.5)
    n = side // tile_cells
    tiles = patches.reshape(b, n, tile_cells, n, tile_cells, d).permute(0, 1, 3, 2, 4, 5)
    return tiles.reshape(b * n * n, tile_cells * tile_cells, d)[back].reshape(b, count, d)
