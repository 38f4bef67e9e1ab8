"""Model folders of Python's transformers and peft, for comparison with what the platform reads and writes.

    python model_folders.py make DIR            # DIR/base (bfloat16, in shards) and DIR/adapter; prints what they compute
    python model_folders.py families DIR        # DIR/<model_type> of every family; prints what they compute
    python model_folders.py hf DIR...           # prints what exported folders compute
    python model_folders.py peft DIR BASE...    # prints what exported adapters compute on base folders
    python model_folders.py merged DIR BASE ADAPTER   # prints how far exported weights are from peft's own merge
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PROMPTS = ["the cat", "user: what is 2 + 3?", "Zażółć 你好 👍", "a"]
NEW_TOKENS = 16
CORPUS = ["the cat sat on the mat.", "what is 2 + 3? it is 5!", "user says hello, assistant says hi", "Zażółć gęślą jaźń"] * 3
CHATML = ("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(GPT2), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
                                   clean_up_tokenization_spaces=False)
    fast.chat_template = CHATML
    return fast


def make(folder):
    torch.manual_seed(11)
    tokenizer = make_tokenizer()
    # More rows than the tokenizer has ids, as real models have.
    config = LlamaConfig(vocab_size=len(tokenizer) + 12, hidden_size=48, intermediate_size=96, num_hidden_layers=3,
                         num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=128,
                         initializer_range=0.2, tie_word_embeddings=False, bos_token_id=None,
                         eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"), pad_token_id=0)
    model = LlamaForCausalLM(config).to(torch.bfloat16).eval()
    base = Path(folder, "base")
    model.save_pretrained(base, max_shard_size="60KB")
    tokenizer.save_pretrained(base)
    ends = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    GenerationConfig(eos_token_id=ends, pad_token_id=0).save_pretrained(base)
    adapted = get_peft_model(model.to(torch.float32), LoraConfig(
        r=4, lora_alpha=12, target_modules=["q_proj", "v_proj", "down_proj"], use_rslora=True, task_type="CAUSAL_LM",
        rank_pattern={"layers.0.self_attn.q_proj": 2}, alpha_pattern={"v_proj": 3}))
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.save_pretrained(Path(folder, "adapter"))
    return {"files": sorted(path.name for path in base.iterdir()), "base": computed(base),
            "adapted": computed(base, PeftModel.from_pretrained(load(base), Path(folder, "adapter")))}


SMALL = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "head_dim": 16, "max_position_embeddings": 128, "initializer_range": 0.2}
FAMILIES = {
    "llama": SMALL,
    "mistral": {**SMALL, "sliding_window": None},
    "qwen2": {**SMALL, "head_dim": 12},
    "qwen3": SMALL,
    "gemma": {**SMALL, "num_key_value_heads": 1},
    "gemma2": SMALL,
    "gemma3_text": {**SMALL, "sliding_window": 8},
    "gpt2": {"n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": 128, "initializer_range": 0.2},
}


def families(folder):
    tokenizer = make_tokenizer()
    ids = {"vocab_size": len(tokenizer) + 4, "bos_token_id": None, "eos_token_id": tokenizer.convert_tokens_to_ids("<|im_end|>"), "pad_token_id": 0}
    results = {}
    for model_type, keys in FAMILIES.items():
        torch.manual_seed(5)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **keys, **ids)).eval()
        path = Path(folder, model_type)
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)
        results[model_type] = computed(path)
    return results


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


@torch.no_grad()
def computed(folder, model=None):
    """Greedy text and the log-probabilities of prompt and text, for every prompt."""
    model = model or load(folder)
    # By its file: AutoTokenizer gives some families the pre-tokenizer of their class, whatever the file says.
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    results = []
    for prompt in PROMPTS:
        ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False)
        scores = torch.log_softmax(model(input_ids=out).logits[0, :-1].double(), -1)
        logprobs = scores.gather(1, out[0, 1:, None])[:, 0].tolist()
        written = out[0, ids.shape[1]:].tolist()
        results.append({"prompt": prompt, "tokens": out[0].tolist(), "promptTokens": ids.shape[1], "logProbs": logprobs,
                        "text": tokenizer.decode(written, skip_special_tokens=True)})
    return results


def merged(folder, base, adapter):
    exported = load(folder).state_dict()
    expected = PeftModel.from_pretrained(load(base), adapter).merge_and_unload().state_dict()
    assert exported.keys() == expected.keys()
    return max((exported[name] - expected[name]).abs().max().item() for name in expected)


command, *arguments = sys.argv[1:]
if command == "make":
    result = make(*arguments)
elif command == "families":
    result = families(*arguments)
elif command == "hf":
    result = [computed(folder) for folder in arguments]
elif command == "peft":
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    result = [computed(base, PeftModel.from_pretrained(load(base), adapter)) for adapter, base in pairs]
else:
    result = merged(*arguments)
print(json.dumps(result))
