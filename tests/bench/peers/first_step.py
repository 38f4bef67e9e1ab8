"""From the start of the process to the first trained step in torch, without transformers: the least that torch needs.

  python first_step.py --model DIR [--batch 32] [--seq 64]

A Llama written out over the tensors of the folder's model.safetensors; AdamW(fused=True), clipped. Prints one JSON line.
"""
import argparse, json, os
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--seq", type=int, default=64)
args = parser.parse_args()

config = json.load(open(os.path.join(args.model, "config.json")))
weights = {name: tensor.requires_grad_() for name, tensor in load_file(os.path.join(args.model, "model.safetensors")).items()}
heads, key_heads, size = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
epsilon, width = config["rms_norm_eps"], config["hidden_size"]
theta = config["rope_parameters"]["rope_theta"]
angles = torch.outer(torch.arange(args.seq).float(), theta ** (-torch.arange(0, size, 2).float() / size))
cos, sin = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()


def rotate(x):
    half = size // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def forward(ids):
    B, T = ids.shape
    x = F.embedding(ids, weights["model.embed_tokens.weight"])
    for layer in range(config["num_hidden_layers"]):
        weight = lambda name: weights[f"model.layers.{layer}.{name}.weight"]
        h = F.rms_norm(x, (width,), weight("input_layernorm"), epsilon)
        split = lambda name, count: F.linear(h, weight(f"self_attn.{name}_proj")).view(B, T, count, size).transpose(1, 2)
        q, k, v = rotate(split("q", heads)), rotate(split("k", key_heads)), split("v", key_heads)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=heads != key_heads)
        x = x + F.linear(mixed.transpose(1, 2).reshape(B, T, -1), weight("self_attn.o_proj"))
        h = F.rms_norm(x, (width,), weight("post_attention_layernorm"), epsilon)
        x = x + F.linear(F.silu(F.linear(h, weight("mlp.gate_proj"))) * F.linear(h, weight("mlp.up_proj")), weight("mlp.down_proj"))
    head = weights.get("lm_head.weight", weights["model.embed_tokens.weight"])
    return F.linear(F.rms_norm(x, (width,), weights["model.norm.weight"], epsilon), head)


optimizer = torch.optim.AdamW(weights.values(), lr=1e-3, weight_decay=0.0, fused=True)
ids = torch.randint(4, config["vocab_size"], (args.batch, args.seq))
loss = F.cross_entropy(forward(ids)[:, :-1].reshape(-1, config["vocab_size"]), ids[:, 1:].reshape(-1))
loss.backward()
torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
optimizer.step()
print(json.dumps({"loss": loss.item()}), flush=True)
