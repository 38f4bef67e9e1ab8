"""Decoders of Hugging Face transformers with made-up weights: the reference of decoders.test.ts and of the recorded file
tests/numerics/recorded/decoders.json. Needs torch, transformers and safetensors.

  python decoders.py make FOLDER NAME...    a model folder a name, and expected.safetensors with logits and gradients
  python decoders.py logits FOLDER...       logits of model folders, whoever wrote them
  python decoders.py record                 prints the recorded file

The last line printed is JSON. Arithmetic is float64 on float32 weights, except where transformers itself insists on
float32 (rotation angles, Gemma's norms).
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

BATCH, LENGTH, VOCABULARY = 2, 24, 23

ROTARY = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
)
GEMMA = dict(ROTARY, head_dim=16)
LLAMA3 = dict(
    rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=16,
)
YARN = dict(rope_type="yarn", rope_theta=500.0, factor=4.0, original_max_position_embeddings=16)
GPT2 = dict(
    vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=32, bos_token_id=1, eos_token_id=2,
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
)
# Rows that training attends over in several blocks of 256 queries, the last of them cut short.
LONG = dict(max_position_embeddings=640)
# (family, settings), and tokens of a row where they are not LENGTH. Windows are far shorter than the sequences, and of both
# parities; over long rows, shorter and longer than a block.
CASES = {
    "llama": ("llama", dict(ROTARY, num_key_value_heads=4)),
    "llama tied, grouped, llama3 positions": ("llama", dict(ROTARY, tie_word_embeddings=True, rope_parameters=LLAMA3)),
    "llama with biases, linear positions": (
        "llama",
        dict(ROTARY, attention_bias=True, mlp_bias=True, rope_parameters=dict(rope_type="linear", rope_theta=700.0, factor=3.0)),
    ),
    "llama with yarn positions": ("llama", dict(ROTARY, head_dim=16, rope_parameters=YARN)),
    "llama with yarn positions, every setting": (
        "llama",
        dict(ROTARY, head_dim=16, rope_parameters=dict(YARN, beta_fast=8.0, beta_slow=2.0, mscale=0.7, mscale_all_dim=1.2, truncate=False)),
    ),
    "llama with dynamic positions, GELU": (
        "llama",
        dict(ROTARY, hidden_act="gelu", rope_parameters=dict(rope_type="dynamic", rope_theta=700.0, factor=2.0)),
    ),
    "mistral": ("mistral", dict(ROTARY, head_dim=16, sliding_window=7)),
    "mistral without a window": ("mistral", dict(ROTARY, sliding_window=None)),
    "qwen2": ("qwen2", dict(ROTARY)),
    "qwen2 with windows from layer 1": ("qwen2", dict(ROTARY, num_hidden_layers=3, use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True)),
    "qwen3": ("qwen3", dict(ROTARY, head_dim=16)),
    "qwen3 with biases": ("qwen3", dict(ROTARY, head_dim=8, attention_bias=True, tie_word_embeddings=True)),
    "gpt2": ("gpt2", GPT2),
    "gpt2 untied, scaled by layer": ("gpt2", dict(GPT2, n_inner=40, tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True, activation_function="gelu")),
    "gemma": ("gemma", dict(GEMMA, num_key_value_heads=1)),
    "gemma2": ("gemma2", dict(GEMMA, num_hidden_layers=3, sliding_window=7, query_pre_attn_scalar=24, attn_logit_softcapping=5.0, final_logit_softcapping=8.0)),
    "gemma2 without caps": ("gemma2", dict(GEMMA, sliding_window=6, attn_logit_softcapping=None, final_logit_softcapping=None)),
    "gemma3_text": ("gemma3_text", dict(GEMMA, num_hidden_layers=3, sliding_window=7, query_pre_attn_scalar=24, layer_types=["sliding_attention", "full_attention", "sliding_attention"])),
    "gemma3_text stretched": (
        "gemma3_text",
        dict(
            GEMMA, sliding_window=5, final_logit_softcapping=6.0, layer_types=["full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": dict(rope_type="linear", rope_theta=900.0, factor=4.0),
                "sliding_attention": dict(rope_type="default", rope_theta=50.0),
            },
        ),
    ),
    # Not with llama3's frequencies: transformers rounds the angles of positions to float32, which moves these logits by 1.1e-4.
    "llama over 600 tokens": ("llama", dict(ROTARY, **LONG), 600),
    "mistral over 520 tokens, window 70": ("mistral", dict(ROTARY, **dict(LONG, sliding_window=70)), 520),
    "mistral over 600 tokens, window 301": ("mistral", dict(ROTARY, **dict(LONG, head_dim=16, sliding_window=301)), 600),
    "gpt2 over 300 tokens": ("gpt2", dict(GPT2, n_positions=320), 300),
    "gemma2 over 513 tokens": (
        "gemma2",
        dict(GEMMA, **dict(LONG, num_hidden_layers=2, sliding_window=130, query_pre_attn_scalar=24, attn_logit_softcapping=5.0, final_logit_softcapping=8.0)),
        513,
    ),
    "gemma3_text over 400 tokens": (
        "gemma3_text",
        dict(GEMMA, **dict(LONG, sliding_window=37, query_pre_attn_scalar=24, layer_types=["sliding_attention", "full_attention"])),
        400,
    ),
}
SMALL = dict(vocab_size=11, hidden_size=8, intermediate_size=12, num_attention_heads=2, num_key_value_heads=1)
RECORDED = {
    "llama": ("llama", dict(ROTARY, **SMALL, rope_parameters=LLAMA3)),
    "gpt2": ("gpt2", dict(GPT2, vocab_size=11, n_embd=8, n_head=2)),
    "gemma2": ("gemma2", dict(ROTARY, **SMALL, head_dim=4, sliding_window=3, query_pre_attn_scalar=6, attn_logit_softcapping=5.0, final_logit_softcapping=8.0)),
    "gemma3_text": ("gemma3_text", dict(ROTARY, **SMALL, head_dim=4, sliding_window=3, query_pre_attn_scalar=6, layer_types=["sliding_attention", "full_attention"])),
}
RECORDED_LENGTH = 9


def filled(name, count):
    """`count` numbers in [-0.5, 0.5) that depend on the name alone: a linear congruential generator, exact in float32."""
    state = 0
    for character in name:
        state = (state * 31 + ord(character)) % 2**32
    numbers = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        numbers.append((state >> 8) / 2**24 - 0.5)
    return numbers


def weights_of(name, parameter, offset):
    numbers = torch.tensor(filled(name, parameter.numel()), dtype=torch.float64)
    is_norm = ("norm" in name or "ln_" in name) and name.endswith("weight")
    return (numbers + (offset if is_norm else 0)).float().reshape(parameter.shape)


def model_of(family, settings):
    """Float32, with the weights that the names say."""
    # Half precision and fused kernels leave out Gemma 2's capping and round; eager is the definition.
    config = AutoConfig.for_model(family, **settings)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    offset = 0 if family.startswith("gemma") else 1
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights_of(name, parameter, offset))
    return model


def tokens_of(batch, length, vocabulary):
    """Never 0, the padding token: torch drops its gradient, and nothing is trained on it."""
    return torch.tensor([1 + int((x + 0.5) * (vocabulary - 1)) for x in filled("tokens", batch * length)]).reshape(batch, length)


def logits_and_gradients(model, tokens):
    """Logits [B, T, V], and the gradient of the mean cross-entropy of every token but the first."""
    model = model.double()
    logits = model(tokens, use_cache=False).logits.double()
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    return logits.detach(), loss.item(), {name: parameter.grad for name, parameter in model.named_parameters()}


def make(folder, names):
    made = {}
    for index, name in enumerate(names):
        path = pathlib.Path(folder) / f"decoder-{index}"
        family, settings, *length = CASES[name]
        model = model_of(family, settings)
        model.save_pretrained(path)
        tokens = tokens_of(BATCH, length[0] if length else LENGTH, VOCABULARY)
        logits, loss, gradients = logits_and_gradients(model, tokens)
        expected = {"logits": logits, **{f"gradient.{key}": value for key, value in gradients.items()}}
        save_file({key: value.float().contiguous() for key, value in expected.items()}, path / "expected.safetensors")
        made[name] = {"folder": str(path), "tokens": tokens.tolist(), "loss": loss}
    return made


def logits(folders):
    """The largest difference of the logits of each folder to those beside it in expected.safetensors."""
    differences = {}
    for folder in folders:
        model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
        expected = load_file(pathlib.Path(folder) / "expected.safetensors")["logits"]
        batch, length, vocabulary = expected.shape
        with torch.no_grad():
            found = model.double()(tokens_of(batch, length, vocabulary), use_cache=False).logits
        differences[folder] = (found - expected).abs().max().item()
    return differences


def rounded(numbers):
    return [float(f"{number:.9g}") for number in numbers]


def record():
    recorded = {}
    for name, case in RECORDED.items():
        model = model_of(*case)
        config = model.config.to_dict()
        tokens = tokens_of(1, RECORDED_LENGTH, config["vocab_size"])
        values, loss, gradients = logits_and_gradients(model, tokens)
        probes = {
            key: rounded([torch.dot(value.flatten(), torch.tensor(filled(f"probe {key}", value.numel()), dtype=torch.float64)).item()])[0]
            for key, value in gradients.items()
        }
        kept = {key: value for key, value in {"model_type": case[0], **case[1]}.items()}
        recorded[name] = {
            "config": kept, "tokens": tokens[0].tolist(), "loss": rounded([loss])[0],
            "logits": [rounded(row) for row in values[0].tolist()], "gradientProbes": probes,
        }
    return recorded


if __name__ == "__main__":
    mode, arguments = sys.argv[1], sys.argv[2:]
    results = {"make": lambda: make(arguments[0], arguments[1:]), "logits": lambda: logits(arguments), "record": record}
    print(json.dumps(results[mode]()))
