"""LoRA as Python's peft trains it: the reference of lora.test.ts. Needs torch, transformers, peft and safetensors.

  python lora.py FOLDER FAMILY...    in FOLDER/FAMILY a base, an adapter to it as peft saves it, and expected.safetensors with
                                     the gradient of the mean cross-entropy for every matrix of the adapter

The last line printed is JSON: the tokens and the loss, by family.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from decoders import BATCH, CASES, LENGTH, VOCABULARY, model_of, tokens_of
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file


def make(folder, family):
    base = model_of(*CASES[family])
    base.save_pretrained(folder / "base")
    targets = dict(target_modules="all-linear", rank_pattern={"o_proj": 2}, alpha_pattern={"q_proj": 3})
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=6, use_rslora=family == "gpt2", task_type="CAUSAL_LM", **targets))
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for parameter in trained.values():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder / "adapter")
    tokens = tokens_of(BATCH, LENGTH, VOCABULARY)
    model.double()
    logits = model(tokens).logits[:, :-1].double()
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))
    loss.backward()
    prefix, default = "base_model.model.", ".default.weight"
    gradients = {name.removeprefix(prefix).replace(default, ".weight"): p.grad.float() for name, p in trained.items()}
    save_file(gradients, folder / "expected.safetensors")
    return {"tokens": tokens.tolist(), "loss": loss.item()}


root = pathlib.Path(sys.argv[1])
torch.manual_seed(1)
print(json.dumps({family: make(root / family, family) for family in sys.argv[2:]}))
