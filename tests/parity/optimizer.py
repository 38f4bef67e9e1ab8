"""Steps of torch's AdamW with its clipping and schedules: the reference of optimizer.test.ts. Needs torch, transformers,
peft and safetensors.

  python optimizer.py FOLDER    reads FOLDER/runs.json; writes what run i trained to FOLDER/<i>.safetensors

The last line printed is JSON: the loss, the learning rate and the norm of the gradient of every step, a run. Arithmetic is
float64 on float32 weights.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from peft import PeftModel
from safetensors.torch import save_file
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from transformers import AutoModelForCausalLM


def open_model(run):
    model = AutoModelForCausalLM.from_pretrained(run["model"], attn_implementation="sdpa", dtype=torch.float32)
    if "adapter" in run:
        model = PeftModel.from_pretrained(model, run["adapter"], is_trainable=True)
    return model.double().train()


def batch_of(rows):
    """Rows padded on the right, and targets; -100 where nothing is trained."""
    pad = lambda rows, value: torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], True, value)
    tokens = pad([row["tokens"] for row in rows], 0)
    seen = pad([[1] * len(row["tokens"]) for row in rows], 0)
    labels = [[token if on else -100 for token, on in zip(row["tokens"], row["mask"], strict=True)] for row in rows]
    return dict(input_ids=tokens, attention_mask=seen), pad(labels, -100)[:, 1:].flatten()


def optimizer_of(model, run):
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        dict(params=[p for p in trained if p.ndim > 1], weight_decay=run["weightDecay"]),
        dict(params=[p for p in trained if p.ndim == 1], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=run["peak"], betas=run["betas"], eps=run["epsilon"])
    warmup = run["warmupSteps"]
    schedule = SequentialLR(optimizer, [
        LinearLR(optimizer, 1 / warmup, 1, warmup - 1),
        CosineAnnealingLR(optimizer, run["steps"] - warmup, run["floor"]),
    ], [warmup])
    return trained, optimizer, schedule


def train(run):
    model = open_model(run)
    inputs, labels = batch_of(run["rows"])
    trained, optimizer, schedule = optimizer_of(model, run)
    losses, rates, norms = [], [], []
    for _ in range(run["steps"]):
        logits = model(**inputs, use_cache=False).logits[:, :-1].double()
        loss = F.cross_entropy(logits.flatten(0, 1), labels)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, run["maxGradNorm"])
        losses.append(loss.item()), rates.append(schedule.get_last_lr()[0]), norms.append(norm.item())
        optimizer.step(), schedule.step(), optimizer.zero_grad()
    plain = lambda name: name.removeprefix("base_model.model.").replace(".default.weight", ".weight")
    tensors = {plain(name): p.detach().float().contiguous() for name, p in model.named_parameters() if p.requires_grad}
    return dict(losses=losses, rates=rates, norms=norms), tensors


def main():
    folder = pathlib.Path(sys.argv[1])
    results = []
    for index, run in enumerate(json.loads((folder / "runs.json").read_text())):
        result, tensors = train(run)
        save_file(tensors, folder / f"{index}.safetensors")
        results.append(result)
    print(json.dumps(results))


main()
