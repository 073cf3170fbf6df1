#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/clip/smoothing: position embeddings resized by torch, and MaskCLIP's key smoothing and prompt
denoising (Zhou et al., ECCV 2022, 3.3) of a small feature map, written out plainly in PyTorch.

    /usr/bin/python3 tools/test-models/make_smoothing.py

Needs python3-torch and numpy (torch 1.13). Every key has unit length before the similarity is taken, as the paper says; MaskCLIP's
code normalises along the tokens instead.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data" / "clip" / "smoothing"
D, K, H, W, CLASSES = 16, 12, 5, 7, 6
SCALE = 100  # of the softmax
DENOISE = 0.5  # a class whose largest probability in the image is below this is dropped
DROPPED = -100.0  # its score
SMOOTH = {"all": 1.0, "some": 0.6}  # cells whose largest probability is below this are smoothed
GRIDS = [(4, 4), (3, 5), (6, 8), (2, 2), (9, 4), (1, 7)]


def save(name, tensor):
    np.save(FOLDER / f"{name}.npy", np.ascontiguousarray(tensor.numpy().astype(np.float32)))


def denoised(scores):
    """Scores [C, h, w], cosine; classes that no cell is sure of at DROPPED."""
    largest = (scores * SCALE).softmax(0).flatten(1).amax(1)
    return torch.where((largest < DENOISE)[:, None, None], torch.tensor(DROPPED), scores), largest


def smoothed(scores, keys, threshold):
    """Probabilities [C, h, w]; in unsure cells their sum over all cells, weighted by the keys' cosine."""
    probabilities = (scores * SCALE).softmax(0).flatten(1)  # (C, N)
    unit = F.normalize(keys.flatten(1), dim=0)  # (K, N)
    mixed = probabilities @ (unit.T @ unit)
    unsure = probabilities.amax(0) < threshold
    return torch.where(unsure, mixed, probabilities).reshape(scores.shape), unsure


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(7)
    position = torch.randn(1 + 16, 10, generator=random)
    save("position", position)
    for h, w in GRIDS:
        grid = position[1:].T.reshape(1, -1, 4, 4)
        save(f"position-{h}x{w}", F.interpolate(grid, (h, w), mode="bicubic", align_corners=False)[0].flatten(1).T)

    common = torch.randn(D, generator=random)
    rows = F.normalize(common + 0.5 * torch.randn(CLASSES, D, generator=random), dim=1)
    rows[CLASSES - 1] = F.normalize(-common, dim=0)  # never likely
    features = torch.einsum("chw,cd->dhw", torch.rand(CLASSES - 1, H, W, generator=random), rows[:-1])
    features = features + 0.1 * torch.randn(D, H, W, generator=random)
    keys = torch.randn(K, 1, 1, generator=random) + torch.randn(K, H, W, generator=random)
    for name, tensor in (("features", features), ("rows", rows), ("keys", keys)):
        save(name, tensor)

    scores = torch.einsum("dhw,cd->chw", F.normalize(features, dim=0), rows)
    kept, largest = denoised(scores)
    assert 0 < (largest < DENOISE).sum() < CLASSES - 1, largest
    save("scores", scores)
    save("denoised", kept)
    for name, threshold in SMOOTH.items():
        result, unsure = smoothed(scores, keys, threshold)
        assert (0 < unsure.sum() < H * W) == (name == "some"), unsure.sum()
        save(f"smoothed-{name}", result)
        save(f"denoised-smoothed-{name}", smoothed(kept, keys, threshold)[0])
        assert (result.argmax(0) != scores.argmax(0)).any()


if __name__ == "__main__":
    main()
