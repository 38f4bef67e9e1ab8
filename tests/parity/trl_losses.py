"""Losses and gradients of trl's trainers on given batches: the reference of losses.test.ts. Needs torch, transformers, trl,
peft and safetensors.

  python trl_losses.py FOLDER    reads FOLDER/scenarios.json; writes the gradient of every tensor of scenario i to
                                 FOLDER/<i>.safetensors

The last line printed is JSON: a loss (and what else the comparison needs) a scenario. Every loss is computed by the
trainer's own compute_loss; models are float64, except where transformers itself turns logits into float32.
"""

import json
import pathlib
import sys
import tempfile

import torch
from datasets import Dataset
from peft import PeftModel
from safetensors.torch import save_file
from tokenizers import Tokenizer, models
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

COMMON = dict(use_cpu=True, bf16=False, report_to="none", gradient_checkpointing=False, disable_tqdm=True, save_strategy="no")


def open_model(folder):
    # Eager attention has NaN for padding in float64: it takes the softmax of a float64 minimum in float32.
    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32)


def tokenizer_of(model):
    """Trainers want one; batches are token ids already."""
    config = model.config
    words = {f"<{i}>": i for i in range(config.vocab_size)}
    inner = Tokenizer(models.WordLevel(words, unk_token="<0>"))
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token=f"<{config.pad_token_id}>", eos_token=f"<{config.eos_token_id}>")


def config_of(kind, **settings):
    return kind(output_dir=tempfile.mkdtemp(), **COMMON, **settings)


def gradients(model):
    plain = lambda name: name.removeprefix("base_model.model.").replace(".default.weight", ".weight")
    return {plain(name): p.grad.float().contiguous() for name, p in model.named_parameters() if p.grad is not None}


def sft(scenario):
    model = open_model(scenario["model"])
    tokenizer = tokenizer_of(model)
    if "adapter" in scenario:
        model = PeftModel.from_pretrained(model, scenario["adapter"], is_trainable=True)
    rows = Dataset.from_list([
        dict(input_ids=row["tokens"], labels=[token if on else -100 for token, on in zip(row["tokens"], row["mask"], strict=True)])
        for row in scenario["rows"]
    ])
    size = scenario["deviceBatch"]
    args = config_of(SFTConfig, per_device_train_batch_size=size, max_length=None)
    trainer = SFTTrainer(model=model, args=args, train_dataset=rows, processing_class=tokenizer)
    trainer.model.double().train()
    batches = list(trainer.get_train_dataloader())
    # As Trainer._inner_training_loop counts them before it takes a step over several batches.
    _, count = trainer.get_batch_samples(iter(trainer.get_train_dataloader()), len(batches), trainer.args.device)
    total = 0.0
    for batch in batches:
        loss = trainer.compute_loss(trainer.model, batch, num_items_in_batch=count)
        loss.backward()
        total += loss.item()
    return dict(loss=total), gradients(trainer.model)


def grpo(scenario):
    model = open_model(scenario["model"])
    group = len(scenario["completions"]) // len(scenario["prompts"])
    prompts = [ids for ids in scenario["prompts"] for _ in range(group)]
    rewards = iter(scenario["rewards"])
    args = config_of(
        GRPOConfig, per_device_train_batch_size=len(prompts), num_generations=group,
        max_completion_length=max(map(len, scenario["completions"])), **{"beta": 0.0, "temperature": 1.0, "epsilon_high": 0.28, **scenario["trl"]},
    )
    trainer = GRPOTrainer(
        model=model, args=args, train_dataset=Dataset.from_list([{"prompt": str(i)} for i in range(len(scenario["prompts"]))]),
        processing_class=tokenizer_of(model), reward_funcs=lambda completions, **_: [next(rewards) for _ in completions],
        rollout_func=lambda *_: dict(prompt_ids=prompts, completion_ids=scenario["completions"], logprobs=None),
    )
    trainer.model.double().train()
    if trainer.ref_model is not None:
        trainer.ref_model = open_model(scenario["reference"]).double().eval()
    inputs = trainer._generate_and_score_completions([{"prompt": str(i // group)} for i in range(len(prompts))])
    # train() sets it before the first step; the batch is one.
    trainer.current_gradient_accumulation_steps = 1
    with torch.no_grad():
        now, _, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model, torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1),
            torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1), inputs["completion_ids"].size(1),
        )
    drift = torch.nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=torch.float64) for row in scenario["offPolicy"]], batch_first=True)
    # The sampler's numbers are float32.
    inputs["old_per_token_logps"] = (now + drift).float().double()
    loss = trainer.compute_loss(trainer.model, inputs)
    loss.backward()
    lengths = list(map(len, scenario["completions"]))
    old = [row[:length].tolist() for row, length in zip(inputs["old_per_token_logps"], lengths, strict=True)]
    clipped = trainer._metrics["train"]["clip_ratio/region_mean"][-1]
    return dict(loss=loss.item(), old=old, advantages=inputs["advantages"].tolist(), clipped=clipped), gradients(trainer.model)


def ppo(scenario):
    """trl has no PPO trainer: its published formulas over transformers' states and torch's autograd."""
    keys = scenario["keys"]
    model, reference = (open_model(scenario[name]).double().train() for name in ("model", "reference"))
    weight = torch.tensor(scenario["head"], dtype=torch.float64).requires_grad_()
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    group = len(scenario["completions"]) // len(scenario["prompts"])
    prompts = [ids for ids in scenario["prompts"] for _ in range(group)]

    def log_probs(of, prompt, completion):
        states = of.model(torch.tensor([prompt + completion])).last_hidden_state[0, len(prompt) - 1:-1]
        scaled = torch.log_softmax(of.lm_head(states) / keys["temperature"], -1)
        return scaled.gather(1, torch.tensor(completion)[:, None])[:, 0], states

    rows, olds = [], []
    for prompt, completion, drift, reward in zip(prompts, scenario["completions"], scenario["offPolicy"], scenario["rewards"], strict=True):
        now, states = log_probs(model, prompt, completion)
        old = (now.detach() + torch.tensor(drift, dtype=torch.float64)).float().double()
        olds.append(old.tolist())
        if reward is None:
            continue
        value = states @ weight + bias
        with torch.no_grad():
            rewards = -keys["kl_beta"] * (old - log_probs(reference, prompt, completion)[0])
            rewards[-1] += reward
            following = torch.cat([value[1:], torch.zeros(1)])
            surprise = rewards + keys["gamma"] * following - value
            discounts = lambda count: (keys["gamma"] * keys["gae_lambda"]) ** torch.arange(count, dtype=torch.float64)
            advantage = torch.stack([(surprise[t:] * discounts(len(surprise) - t)).sum() for t in range(len(surprise))])
        rows.append((now, old, value, advantage, advantage + value.detach()))
    now, old, value, advantage, returns = (torch.cat(column) for column in zip(*rows, strict=True))
    advantage = (advantage - advantage.mean()) * torch.rsqrt(advantage.var() + 1e-8)
    ratio = torch.exp(now - old)
    bounded = ratio.clamp(1 - keys["clip_ratio"], 1 + keys["clip_ratio"])
    loss = torch.max(-advantage * ratio, -advantage * bounded).mean() + keys["value_coefficient"] * 0.5 * ((value - returns) ** 2).mean()
    loss.backward()
    found = {**gradients(model), "value_head.weight": weight.grad.float()[None].contiguous(), "value_head.bias": bias.grad.float()}
    return dict(loss=loss.item(), old=olds, clipped=(ratio != bounded).double().mean().item()), found


class Table(torch.nn.Module):
    """A model whose hidden states are given: [2B, T, D] for chosen and rejected rows, under a linear head."""

    def __init__(self, states, head):
        super().__init__()
        self.states = torch.nn.ParameterList([torch.tensor(rows, dtype=torch.float64) for rows in states])
        self.head = torch.nn.Parameter(torch.tensor(head, dtype=torch.float64))

    def forward(self, input_ids, **_):
        logits = torch.cat(list(self.states)) @ self.head
        # The position of the last token predicts nothing.
        return type("Output", (), {"logits": torch.nn.functional.pad(logits, (0, 0, 0, 1))})


def dpo(scenario):
    model = open_model(scenario["model"])
    tokenizer = tokenizer_of(model)
    if "adapter" in scenario:
        model = PeftModel.from_pretrained(model, scenario["adapter"], is_trainable=True)
    pairs = Dataset.from_list([dict(prompt="<1>", chosen="<2>", rejected="<3>")])
    trainer = DPOTrainer(model=model, args=config_of(DPOConfig, **scenario["trl"]), train_dataset=pairs, processing_class=tokenizer)
    trainer.model.double().train()
    trainer.ref_model = open_model(scenario["reference"]).double().eval()
    rows = scenario["chosen"] + scenario["rejected"]
    padded = lambda values: torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in values], batch_first=True)
    inputs = dict(
        input_ids=padded([row["tokens"] for row in rows]), completion_mask=padded([row["mask"] for row in rows]),
        attention_mask=padded([[1] * len(row["tokens"]) for row in rows]),
    )
    loss = trainer.compute_loss(trainer.model, inputs)
    loss.backward()
    return dict(loss=loss.item()), gradients(trainer.model)


def dpo_program(scenario):
    base = open_model(scenario["model"])
    args = config_of(DPOConfig, beta=scenario["beta"])
    pairs = Dataset.from_list([dict(prompt="<1>", chosen="<2>", rejected="<3>")])
    trainer = DPOTrainer(model=base, args=args, train_dataset=pairs, processing_class=tokenizer_of(base))
    policy, trainer.ref_model = Table(scenario["states"], scenario["head"]), Table(scenario["states"], scenario["referenceHead"])
    rows = [[0, *row] for side in scenario["tokens"] for row in side]
    inputs = dict(
        input_ids=torch.tensor(rows), attention_mask=torch.ones(len(rows), len(rows[0]), dtype=torch.long),
        completion_mask=torch.tensor([[0, *row] for row in scenario["mask"] * 2]),
    )
    chosen, rejected = trainer.compute_ref_log_probs(trainer.ref_model, inputs)
    loss = trainer.compute_loss(policy, inputs)
    loss.backward()
    found = {"chosenStates": policy.states[0], "rejectedStates": policy.states[1], "head": policy.head}
    return (dict(loss=loss.item(), referenceMargin=(chosen - rejected).tolist()),
            {name: value.grad.float().contiguous() for name, value in found.items()})


def main():
    folder = pathlib.Path(sys.argv[1])
    results = []
    for index, scenario in enumerate(json.loads((folder / "scenarios.json").read_text())):
        result, found = dict(sft=sft, grpo=grpo, ppo=ppo, dpo=dpo, dpo_program=dpo_program)[scenario["kind"]](scenario)
        save_file(found, folder / f"{index}.safetensors")
        results.append(result)
    print(json.dumps(results))


main()
