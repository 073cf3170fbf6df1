"""CLIP's two towers in plain PyTorch, in the layout of OpenAI and open_clip, and MaskCLIP's dense forward.

Parameter names are those of the originals, so that a state dict of these classes reads as one of theirs. Nothing here is
shared with tools/export-maskclip, which is tested against it.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


def activation(quick):
    return QuickGelu() if quick else nn.GELU()


# --- OpenAI's and open_clip's layout: tokens (N, B, C), one in_proj for query, key and value ---


class ResidualBlock(nn.Module):
    def __init__(self, width, heads, hidden, quick):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(OrderedDict(
            c_fc=nn.Linear(width, hidden), gelu=activation(quick), c_proj=nn.Linear(hidden, width)))
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x, mask=None):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, hidden, quick):
        super().__init__()
        self.resblocks = nn.ModuleList(ResidualBlock(width, heads, hidden, quick) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class ConvolutionStem(nn.Module):
    """Patches of 8 pixels by overlapping convolutions, as models/mini-clip makes them, instead of CLIP's one convolution."""

    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.inner = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.last = nn.Conv2d(8, width, 5, stride=4, padding=2)

    def forward(self, x):
        x = F.gelu(self.first(x))
        return self.last(F.relu(x + self.inner(x)))


class VisionTransformer(nn.Module):
    def __init__(self, width, layers, heads, hidden, patch, grid, dimension, quick, stem=False):
        super().__init__()
        self.patch, self.grid = patch, grid
        self.conv1 = ConvolutionStem(width) if stem else nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros(grid * grid + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads, hidden, quick)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.zeros(width, dimension))

    def embed(self, image, position):
        """(B, 3, H, W) to tokens (1 + N, B, C)."""
        x = self.conv1(image)
        x = x.reshape(x.shape[0], x.shape[1], -1).permute(0, 2, 1)
        cls = self.class_embedding.to(x.dtype) + torch.zeros(x.shape[0], 1, x.shape[-1], dtype=x.dtype)
        return self.ln_pre(torch.cat([cls, x], 1) + position).permute(1, 0, 2)

    def forward(self, image):
        x = self.transformer(self.embed(image, self.positional_embedding)).permute(1, 0, 2)
        return self.ln_post(x[:, 0, :]) @ self.proj

    def resized_position(self, h, w):
        """The position embedding on another grid, (1 + h w, C): bicubic with half-pixel centres, CLS as it is."""
        cls, grid = self.positional_embedding[:1], self.positional_embedding[1:]
        grid = grid.T.reshape(1, -1, self.grid, self.grid)
        if (h, w) != (self.grid, self.grid):
            grid = F.interpolate(grid, (h, w), mode="bicubic", align_corners=False)
        return torch.cat([cls, grid[0].flatten(1).T])

    def maskclip(self, image):
        """MaskCLIP's features (B, d, h, w) and the last layer's keys (B, C, h, w)."""
        b, h, w = image.shape[0], image.shape[2] // self.patch, image.shape[3] // self.patch
        x = self.embed(image, self.resized_position(h, w))
        for block in self.transformer.resblocks[:-1]:
            x = block(x)
        last, c = self.transformer.resblocks[-1], x.shape[-1]
        _, key, value = F.linear(last.ln_1(x), last.attn.in_proj_weight, last.attn.in_proj_bias).split(c, -1)
        y = x + last.attn.out_proj(value)
        y = self.ln_post(y + last.mlp(last.ln_2(y))) @ self.proj
        return [t[1:].permute(1, 2, 0).reshape(b, -1, h, w) for t in (y, key)]


class TextTransformer(nn.Module):
    """OpenAI's text tower; in their archives these parameters lie beside `visual.`, not below a name of their own."""

    def __init__(self, width, layers, heads, hidden, words, context, dimension, quick):
        super().__init__()
        self.token_embedding = nn.Embedding(words, width)
        self.positional_embedding = nn.Parameter(torch.zeros(context, width))
        self.transformer = Transformer(width, layers, heads, hidden, quick)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.zeros(width, dimension))

    def forward(self, ids):
        n = ids.shape[1]
        mask = torch.full((n, n), float("-inf")).triu(1)
        x = self.token_embedding(ids) + self.positional_embedding
        x = self.ln_final(self.transformer(x.permute(1, 0, 2), mask).permute(1, 0, 2))
        return x[torch.arange(x.shape[0]), ids.argmax(-1)] @ self.text_projection


# --- OpenAI's ModifiedResNet ---


class Bottleneck(nn.Module):
    def __init__(self, inner, planes, stride):
        super().__init__()
        outer = planes * 4
        self.conv1, self.bn1 = nn.Conv2d(inner, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3, self.bn3 = nn.Conv2d(planes, outer, 1, bias=False), nn.BatchNorm2d(outer)
        self.downsample = None
        if stride > 1 or inner != outer:
            self.downsample = nn.Sequential(OrderedDict([
                ("-1", nn.AvgPool2d(stride)), ("0", nn.Conv2d(inner, outer, 1, bias=False)), ("1", nn.BatchNorm2d(outer))]))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.avgpool(F.relu(self.bn2(self.conv2(y))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class AttentionPool(nn.Module):
    def __init__(self, grid, width, heads, dimension):
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.zeros(grid * grid + 1, width))
        self.k_proj, self.q_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, dimension)

    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x]) + self.positional_embedding[:, None]
        y, _ = F.multi_head_attention_forward(
            x[:1], x, x, x.shape[-1], self.heads, None,
            torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]), None, None, False, 0.0,
            self.c_proj.weight, self.c_proj.bias, training=False, need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight)
        return y[0]


class ModifiedResNet(nn.Module):
    def __init__(self, width, layers, heads, grid, dimension):
        super().__init__()
        half = width // 2
        self.conv1, self.bn1 = nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(half)
        self.conv2, self.bn2 = nn.Conv2d(half, half, 3, padding=1, bias=False), nn.BatchNorm2d(half)
        self.conv3, self.bn3 = nn.Conv2d(half, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.avgpool = nn.AvgPool2d(2)
        inner = width
        for i, count in enumerate(layers):
            blocks = []
            for j in range(count):
                blocks.append(Bottleneck(inner, width << i, 2 if i > 0 and j == 0 else 1))
                inner = (width << i) * 4
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.attnpool = AttentionPool(grid, inner, heads, dimension)

    def cells(self, image):
        """(B, 3, H, W) to (B, C, H/32, W/32)."""
        x = image
        for i in (1, 2, 3):
            x = F.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        x = self.avgpool(x)
        for i in (1, 2, 3, 4):
            x = getattr(self, f"layer{i}")(x)
        return x

    def forward(self, image):
        return self.attnpool(self.cells(image))

    def maskclip(self, image):
        """MaskCLIP's features (B, d, h, w), each cell by itself and without positions, and keys (B, C, h, w)."""
        x, pool = self.cells(image).permute(0, 2, 3, 1), self.attnpool
        return [t.permute(0, 3, 1, 2) for t in (pool.c_proj(pool.v_proj(x)), pool.k_proj(x))]


class OpenAiClip(nn.Module):
    def __init__(self, visual, text):
        super().__init__()
        self.visual = visual
        for name in ("token_embedding", "positional_embedding", "transformer", "ln_final", "text_projection"):
            setattr(self, name, getattr(text, name))
        self.logit_scale = nn.Parameter(torch.tensor(50.0).log())

    encode_text = TextTransformer.forward

    def forward(self, image, ids):
        return self.visual(image), self.encode_text(ids)


def randomise(module, seed):
    """Fills a module with weights that make every part of it matter: attention is neither flat nor a single token."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point() or tensor.dim() == 0:
                continue
            noise = torch.randn(tensor.shape, generator=random)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + noise.abs())
            elif tensor.dim() == 1:
                norm = name.endswith("weight")  # of a layer norm or batch norm
                tensor.copy_(1 + 0.2 * noise if norm else 0.2 * noise)
            elif "embedding" in name:
                tensor.copy_(0.7 * noise)
            else:
                rows = tensor.shape[0] if name.endswith(("proj", "text_projection")) else tensor[0].numel()
                gain = 2.0 if "in_proj" in name else 1.4
                tensor.copy_(gain * rows ** -0.5 * noise)
    return module.eval()
