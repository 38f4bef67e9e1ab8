"""Supervised training by hand-written torch over several processes (DistributedDataParallel, gloo), one thread each.

  python -m torch.distributed.run --standalone --nproc-per-node 2 ddp_sft.py --model DIR [--batch 32] [--seq 64] [--steps 40]
                                                                            [--warmup 5] [--compile]

--batch is that of all processes together. Same model, loss, clipping and optimiser as a single-process loop: the mean loss
of equal parts is the loss of the whole. The first process prints one JSON line.
"""
import argparse, json, os, time, warnings
warnings.filterwarnings("ignore")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
for name, default in (("batch", 32), ("seq", 64), ("steps", 40), ("warmup", 5)):
    parser.add_argument(f"--{name}", type=int, default=default)
parser.add_argument("--compile", action="store_true")
args = parser.parse_args()

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
torch.manual_seed(rank)
model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).train()
vocabulary = model.config.vocab_size
parallel = DistributedDataParallel(model, gradient_as_bucket_view=True)
forward = torch.compile(parallel, dynamic=False) if args.compile else parallel
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
own = args.batch // world
rows = torch.randint(4, vocabulary, (own * (args.warmup + args.steps), args.seq))
for step in range(args.warmup + args.steps):
    if step == args.warmup:
        dist.barrier()
        started = time.perf_counter()
    ids = rows[step * own : (step + 1) * own]
    logits = forward(input_ids=ids, use_cache=False).logits[:, :-1]
    loss = F.cross_entropy(logits.reshape(-1, vocabulary), ids[:, 1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    value = loss.item()
dist.barrier()
seconds = time.perf_counter() - started
if rank == 0:
    tokens = own * world * args.seq * args.steps
    print(json.dumps({"tokens_per_s": tokens / seconds, "step_ms": 1e3 * seconds / args.steps, "loss": value}), flush=True)
dist.destroy_process_group()
