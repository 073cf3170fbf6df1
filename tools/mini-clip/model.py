"""The mini-clip network: an image transformer and a text transformer that share one embedding space.

Image tower: a residual convolutional stem of stride 8 makes the patch tokens, then pre-norm transformer blocks as in
CLIP (CLS token, learned 2D position embedding that is resized bicubically to the token grid at hand).
Its dense output is MaskCLIP's (Zhou et al., ECCV 2022): in the last block the attention's query and key are left
out, every patch token keeps value, output projection, residual, MLP, final LayerNorm and projection.
"""

import math
import re
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

PATCH = 8
CONTEXT = 32
PAD, UNKNOWN = 0, 1


@dataclass(frozen=True)
class ModelShape:
    """Sizes of both towers; `grid` is the side of the token grid for which the position embedding is stored."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    grid: int = 8
    stem: tuple = (32, 64, 128)
    text_width: int = 128
    dimension: int = 128

    def to_dict(self):
        return asdict(self)


class ResidualConv(nn.Module):
    """Two 3x3 convolutions with batch norm around a skip; (B, C, h, w) to the same shape."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(y)))


def make_stem(channels, width):
    """(B, 3, H, W) to (B, width, H/8, W/8)."""
    c1, c2, c3 = channels
    return nn.Sequential(
        nn.Conv2d(3, c1, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c1), nn.ReLU(),
        nn.Conv2d(c1, c2, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c2), nn.ReLU(),
        ResidualConv(c2),
        nn.Conv2d(c2, c3, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c3), nn.ReLU(),
        ResidualConv(c3),
        ResidualConv(c3),
        nn.Conv2d(c3, width, 1, bias=False), nn.BatchNorm2d(width),
    )


def waves(width, grid):
    """Start of the position embedding: sines and cosines of row and column, (1, width, grid, grid)."""
    at = (torch.arange(grid) + 0.5) / grid
    angles = math.pi * at[:, None] * 2.0 ** torch.linspace(-1, 2, width // 4)  # (grid, width / 4)
    table = torch.cat([angles.sin(), angles.cos()], 1).T  # (width / 2, grid)
    rows, columns = table[:, :, None].expand(-1, grid, grid), table[:, None, :].expand(-1, grid, grid)
    return 0.5 * torch.cat([rows, columns])[None]


class Block(nn.Module):
    """Pre-norm transformer block; tokens (B, N, width)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.shrink = nn.Linear(4 * width, width)

    def _split(self, x):
        b, n, w = x.shape
        return x.reshape(b, n, self.heads, w // self.heads).transpose(1, 2)

    def _mlp(self, x):
        return x + self.shrink(F.gelu(self.expand(self.norm2(x))))

    def attend(self, x, queries=None):
        """The block's output for the first `queries` tokens (all when None)."""
        y = self.norm1(x)
        b, n, w = y.shape
        m = n if queries is None else queries
        q = self._split(self.query(y[:, :m])) * (w // self.heads) ** -0.5
        k, v = self._split(self.key(y)), self._split(self.value(y))
        y = ((q @ k.transpose(2, 3)).softmax(-1) @ v).transpose(1, 2).reshape(b, m, w)
        return self._mlp(x[:, :m] + self.out(y))

    def value_path(self, x):
        """MaskCLIP's form of the block, token by token, and the keys: two (B, N, width)."""
        y = self.norm1(x)
        return self._mlp(x + self.out(self.value(y))), self.key(y)


class ImageTower(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.grid = shape.grid
        self.stem = make_stem(shape.stem, shape.width)
        self.cls = nn.Parameter(0.02 * torch.randn(shape.width))
        self.position = nn.Parameter(waves(shape.width, shape.grid))
        self.cls_position = nn.Parameter(0.02 * torch.randn(shape.width))
        self.norm_pre = nn.LayerNorm(shape.width)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads) for _ in range(shape.layers))
        self.norm_post = nn.LayerNorm(shape.width)
        self.project = nn.Linear(shape.width, shape.dimension, bias=False)

    def position_for(self, height, width):
        """Position embedding resized to a token grid: (1, height * width, width)."""
        position = self.position
        if (height, width) != (self.grid, self.grid):
            position = F.interpolate(position, (height, width), mode="bicubic", align_corners=False)
        return position.flatten(2).transpose(1, 2)

    def tokens(self, image, position=None):
        """Tokens before the last block, CLS first: (B, 1 + N, width)."""
        x = self.stem(image)
        if position is None:
            position = self.position_for(x.shape[2], x.shape[3])
        x = x.flatten(2).transpose(1, 2) + position
        cls = (self.cls + self.cls_position).expand(x.shape[0], 1, -1)
        x = self.norm_pre(torch.cat([cls, x], 1))
        for block in self.blocks[:-1]:
            x = block.attend(x)
        return x

    def forward(self, image):
        """Image embedding (B, d) and patch embeddings (B, N, d), neither of unit length."""
        x = self.tokens(image)
        cls = self.blocks[-1].attend(x, queries=1)[:, 0]
        patches, _ = self.blocks[-1].value_path(x[:, 1:])
        return self.project(self.norm_post(cls)), self.project(self.norm_post(patches))

    def dense(self, image, position=None):
        """Patch embeddings and last-layer keys as maps: (B, d, H/8, W/8) and (B, width, H/8, W/8)."""
        b, h, w = image.shape[0], image.shape[2] // PATCH, image.shape[3] // PATCH
        x = self.tokens(image, position)[:, 1:]
        patches, keys = self.blocks[-1].value_path(x)
        features = self.project(self.norm_post(patches))
        return features.transpose(1, 2).reshape(b, -1, h, w), keys.transpose(1, 2).reshape(b, -1, h, w)

    def dense_mirrored(self, image, position=None):
        """As `dense`, but features are the mean of those of the picture and of its mirror image, of unit length before."""
        features, keys = self.dense(image, position)
        mirrored, _ = self.dense(image.flip(3), position)
        return (F.normalize(features, dim=1) + F.normalize(mirrored, dim=1).flip(3)) / 2, keys


class TextTower(nn.Module):
    """Word tokens (T, CONTEXT) to text embeddings (T, d): a mean of word vectors with learned weights, then an MLP.

    Captions here are short lists of things, so word order carries next to nothing.
    """

    def __init__(self, shape, words):
        super().__init__()
        self.embed = nn.Embedding(words, shape.text_width)
        nn.init.normal_(self.embed.weight)
        self.weight = nn.Embedding(words, 1)
        nn.init.zeros_(self.weight.weight)
        self.expand = nn.Linear(shape.text_width, 2 * shape.text_width)
        self.shrink = nn.Linear(2 * shape.text_width, shape.text_width)
        self.project = nn.Linear(shape.text_width, shape.dimension, bias=False)

    def forward(self, tokens):
        share = self.weight(tokens)[:, :, 0].masked_fill(tokens == PAD, float("-inf")).softmax(1)
        x = (share[:, None] @ self.embed(tokens))[:, 0]
        return self.project(x + self.shrink(F.gelu(self.expand(x))))


class MiniClip(nn.Module):
    def __init__(self, shape, words):
        super().__init__()
        self.shape = shape
        self.image = ImageTower(shape)
        self.text = TextTower(shape, words)
        self.scale = nn.Parameter(torch.tensor(math.log(20.0)))


def split_words(text):
    """Lower-case words of a caption."""
    return re.findall(r"[a-z0-9]+", text.lower())


class Vocabulary:
    """Words by token id; ids 0 and 1 are padding and an unknown word."""

    def __init__(self, words):
        self.words = list(words)
        self.ids = {word: i + 2 for i, word in enumerate(self.words)}

    @classmethod
    def from_captions(cls, captions):
        return cls(sorted({word for caption in captions for word in split_words(caption)}))

    def __len__(self):
        return len(self.words) + 2

    def encode(self, texts):
        """Token ids (len(texts), CONTEXT), cut to the context."""
        tokens = torch.full((len(texts), CONTEXT), PAD, dtype=torch.long)
        for row, text in enumerate(texts):
            ids = [self.ids.get(word, UNKNOWN) for word in split_words(text)][:CONTEXT]
            tokens[row, : len(ids)] = torch.tensor(ids)
        return tokens


def load_model(path):
    """Model in evaluation mode, vocabulary, and everything else that train.py wrote."""
    content = torch.load(path, map_location="cpu")
    vocabulary = Vocabulary(content["words"])
    model = MiniClip(ModelShape(**content["shape"]), len(vocabulary))
    model.load_state_dict(content["model"])
    return model.eval(), vocabulary, content


def class_embeddings(model, vocabulary, names, templates):
    """Unit rows (C, d): mean over the templates of unit text embeddings, made unit again."""
    with torch.no_grad():
        rows = [F.normalize(model.text(vocabulary.encode([t.format(name) for t in templates])), dim=-1).mean(0)
                for name in names]
    return F.normalize(torch.stack(rows), dim=-1)


def class_prior(model, rows, images, mean, std, scale):
    """Mean probability that patches of images (N, 3, H, W) uint8 give to each class, (C,); a property of the model alone."""
    total = torch.zeros(len(rows))
    with torch.no_grad():
        for part in images.split(32):
            features, _ = model.image.dense((part.float() / 255 - mean[:, None, None]) / std[:, None, None])
            cosine = torch.einsum("bdhw,cd->bhwc", F.normalize(features, dim=1), rows)
            total += (cosine * scale).softmax(-1).mean((1, 2)).sum(0)
    return total / len(images)


def class_bias(content, balance):
    """What is added to the cosines, (C,): a class that the model gives to most patches is named only where it is likelier
    than usual (logit adjustment, Menon et al., ICLR 2021); balance 0 adds nothing, 1 takes the prior out."""
    prior = torch.tensor(content["prior"])
    return -balance / content["settings"]["patch_scale"] * (prior / prior.mean()).log()
