"""LoRA as Python's peft trains it: the reference of lora.test.ts. Needs torch, transformers, peft and safetensors.

  python lora.py FAMILY FOLDER    a base, an adapter to it as peft saves it, and expected.safetensors with the gradient of
                                  the mean cross-entropy for every matrix of the adapter

The last line printed is JSON: the tokens and the loss.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

SHAPES = {
    "llama": dict(
        vocab_size=23, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ),
    "gpt2": dict(
        vocab_size=23, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    ),
}


def main() -> None:
    family, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **SHAPES[family]), attn_implementation="eager").float()
    for parameter in base.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    base.save_pretrained(folder / "base")
    targets = dict(target_modules="all-linear", rank_pattern={"o_proj": 2}, alpha_pattern={"q_proj": 3})
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=6, use_rslora=family == "gpt2", task_type="CAUSAL_LM", **targets))
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for parameter in trained.values():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder / "adapter")
    tokens = torch.randint(3, 23, (2, 12))
    model.double()
    logits = model(tokens).logits[:, :-1]
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))
    loss.backward()
    prefix, default = "base_model.model.", ".default.weight"
    gradients = {name.removeprefix(prefix).replace(default, ".weight"): p.grad.float() for name, p in trained.items()}
    save_file(gradients, folder / "expected.safetensors")
    print(json.dumps({"tokens": tokens.tolist(), "loss": loss.item()}))


main()
