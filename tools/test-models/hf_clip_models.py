"""The towers of clip_models.py in Hugging Face's layout: tokens (B, N, C), query, key and value with projections of their own.

Parameter names and the order of computation are those of transformers' CLIP, so that exports look like its own.
"""

from collections import OrderedDict

import torch
from torch import nn

from clip_models import activation


class HfAttention(nn.Module):
    """`sdpa` writes what exports of scaled_dot_product_attention hold: the root of the scale on query and key."""

    def __init__(self, width, heads, sdpa):
        super().__init__()
        self.heads, self.sdpa = heads, sdpa
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, mask):
        b, n, c = x.size()
        d = c // self.heads
        if self.sdpa:
            q, k, v = (p(x).view(b, -1, self.heads, d).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
            root = d ** -0.25
            weights = (q * root) @ (k.transpose(-1, -2) * root)
            weights = (weights if mask is None else weights + mask).softmax(-1)
            return self.out_proj((weights @ v).transpose(1, 2).contiguous().view(b, n, c))

        def split(y, tokens):
            return y.view(b, tokens, self.heads, d).transpose(1, 2).contiguous()

        q = split(self.q_proj(x) * d ** -0.5, n).view(b * self.heads, -1, d)
        k, v = (split(p(x), -1).view(b * self.heads, -1, d) for p in (self.k_proj, self.v_proj))
        weights = torch.bmm(q, k.transpose(1, 2))
        if mask is not None:
            weights = (weights.view(b, self.heads, n, n) + mask).view(b * self.heads, n, n)
        y = torch.bmm(weights.softmax(-1), v).view(b, self.heads, n, d).transpose(1, 2)
        return self.out_proj(y.reshape(b, n, c))


class HfLayer(nn.Module):
    def __init__(self, width, heads, hidden, quick, sdpa):
        super().__init__()
        self.self_attn = HfAttention(width, heads, sdpa)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict(OrderedDict(
            activation_fn=activation(quick), fc1=nn.Linear(width, hidden), fc2=nn.Linear(hidden, width)))
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x, mask):
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp["fc2"](self.mlp["activation_fn"](self.mlp["fc1"](self.layer_norm2(x))))


class HfEncoder(nn.Module):
    def __init__(self, width, layers, heads, hidden, quick, sdpa):
        super().__init__()
        self.layers = nn.ModuleList(HfLayer(width, heads, hidden, quick, sdpa) for _ in range(layers))

    def forward(self, x, mask=None):
        for layer in self.layers:
            x = layer(x, mask)
        return x


class HfVisionEmbeddings(nn.Module):
    def __init__(self, width, patch, grid):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding(grid * grid + 1, width)
        self.register_buffer("position_ids", torch.arange(grid * grid + 1)[None])

    def forward(self, image):
        patches = self.patch_embedding(image).flatten(2).transpose(1, 2)
        cls = self.class_embedding.expand(image.shape[0], 1, -1)
        return torch.cat([cls, patches], dim=1) + self.position_embedding(self.position_ids)


class HfVisionTransformer(nn.Module):
    def __init__(self, width, layers, heads, hidden, patch, grid, dimension, quick, sdpa):
        super().__init__()
        self.embeddings = HfVisionEmbeddings(width, patch, grid)
        self.pre_layrnorm = nn.LayerNorm(width)
        self.encoder = HfEncoder(width, layers, heads, hidden, quick, sdpa)
        self.post_layernorm = nn.LayerNorm(width)

    def forward(self, image):
        x = self.encoder(self.pre_layrnorm(self.embeddings(image)))
        return x, self.post_layernorm(x[:, 0, :])


class HfVision(nn.Module):
    """CLIPVisionModelWithProjection: pixel_values to image_embeds and last_hidden_state."""

    def __init__(self, width, layers, heads, hidden, patch, grid, dimension, quick, sdpa=False):
        super().__init__()
        self.vision_model = HfVisionTransformer(width, layers, heads, hidden, patch, grid, dimension, quick, sdpa)
        self.visual_projection = nn.Linear(width, dimension, bias=False)

    def forward(self, image):
        hidden, pooled = self.vision_model(image)
        return self.visual_projection(pooled), hidden


class HfTextTransformer(nn.Module):
    def __init__(self, width, layers, heads, hidden, words, context, quick, sdpa):
        super().__init__()
        self.embeddings = nn.ModuleDict(OrderedDict(
            token_embedding=nn.Embedding(words, width), position_embedding=nn.Embedding(context, width)))
        self.register_buffer("position_ids", torch.arange(context)[None])
        self.encoder = HfEncoder(width, layers, heads, hidden, quick, sdpa)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids, attention_mask):
        n = ids.shape[1]
        position = self.embeddings["position_embedding"](self.position_ids[:, :n])
        lowest = torch.finfo(torch.float32).min
        causal = torch.full((n, n), lowest).triu(1)[None, None]
        padding = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * lowest
        x = self.encoder(self.embeddings["token_embedding"](ids) + position, (causal + padding).clamp(min=lowest))
        x = self.final_layer_norm(x)
        return x[torch.arange(x.shape[0]), ids.to(torch.int).argmax(dim=-1)], x


class HfText(nn.Module):
    """CLIPTextModelWithProjection: input_ids and attention_mask to text_embeds and last_hidden_state."""

    def __init__(self, width, layers, heads, hidden, words, context, dimension, quick, sdpa=False):
        super().__init__()
        self.text_model = HfTextTransformer(width, layers, heads, hidden, words, context, quick, sdpa)
        self.text_projection = nn.Linear(width, dimension, bias=False)

    def forward(self, ids, attention_mask):
        pooled, hidden = self.text_model(ids, attention_mask)
        return self.text_projection(pooled), hidden


def hf_layers(state, prefix, target):
    """Residual blocks of OpenAI's layout under Hugging Face's names."""
    names = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
             "attn.out_proj": "self_attn.out_proj"}
    renamed = {}
    for key, value in state.items():
        if not key.startswith(prefix):
            continue
        index, name = key[len(prefix):].split(".", 1)
        stem, kind = name.rsplit(".", 1)
        if stem == "attn":  # in_proj_weight, in_proj_bias
            for part, rows in zip("qkv", value.chunk(3)):
                renamed[f"{target}{index}.self_attn.{part}_proj.{kind[8:]}"] = rows.clone()
        else:
            renamed[f"{target}{index}.{names[stem]}.{kind}"] = value
    return renamed


def hf_vision_state(visual):
    """State dict of HfVision from one of VisionTransformer."""
    return {
        "vision_model.embeddings.class_embedding": visual["class_embedding"],
        "vision_model.embeddings.patch_embedding.weight": visual["conv1.weight"],
        "vision_model.embeddings.position_embedding.weight": visual["positional_embedding"],
        **{f"vision_model.{b}.{k}": visual[f"{a}.{k}"] for k in ("weight", "bias")
           for a, b in (("ln_pre", "pre_layrnorm"), ("ln_post", "post_layernorm"))},
        **hf_layers(visual, "transformer.resblocks.", "vision_model.encoder.layers."),
        "visual_projection.weight": visual["proj"].T.contiguous(),
    }


def hf_text_state(text):
    """State dict of HfText from one of TextTransformer."""
    return {
        "text_model.embeddings.token_embedding.weight": text["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": text["positional_embedding"],
        **{f"text_model.final_layer_norm.{k}": text[f"ln_final.{k}"] for k in ("weight", "bias")},
        **hf_layers(text, "transformer.resblocks.", "text_model.encoder.layers."),
        "text_projection.weight": text["text_projection"].T.contiguous(),
    }
