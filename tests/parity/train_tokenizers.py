"""Trains small tokenizers of the real families and prints what Hugging Face's Rust library makes of difficult text.

    python train_tokenizers.py        # prints {family: {"files": {...}, "cases": [...], "chats": [...]}}
"""

import json
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's what we'd said: they'll DON'T.",
    "def f(x):\n    return x ** 2  # squares\n\n\tprint(f(12345))\r\n",
    "Zażółć gęślą jaźń, façade naïve coöperate Ünïcödé", "Привет, как дела? Γειά σου Κόσμε",
    "你好，世界。今天天气怎么样？ 日本語のテキストも少し。", "مرحبا بالعالم", "नमस्ते दुनिया", "한국어 문장입니다",
    "👍🏽 family 👨‍👩‍👧‍👦 flags 🇩🇪🇯🇵 ❤️", "1234567890 3.14159 1,000,000", "   indent    runs   ", "\n\n\n", "e\u0301 a\u0308 é ä",
] * 4

TEXTS = [
    "", " ", "  ", "   a", "a   ", "a  b   c", "\n", "\n\n", " \n \n", "\t\tx", "\r\n", "a\u00a0b", "a\u3000b", "\u2028x\u2029", "\u0085",
    "Hello world", " Hello world", "Hello  world ", "HELLO'S they'Ll I'M don't 'tis '", "it’s", "x'd've",
    "1", "12", "123", "1234", "12345678", "3.14e-10", "٣٤٥", "½ ² Ⅷ", "_snake_case camelCase", "a.b,c;d:e!f?g",
    "你好世界", "日本語とEnglish混在", "한국어", "中文，标点。", "नमस्ते", "مرحبا", "Привет", "ǅ ß ﬁ İ ı",
    "é", "e\u0301", "a\u0308\u0323", "Z\u0351\u0343\u036fa\u0489", "\u0301start", "Å Å Å", "Σίσυφος ΟΔΟΣ",
    "👍", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪🇯🇵", "❤️", "a👍b", "\u200d\u200b\ufeff", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "\U0010ffff", "\ufffd", "\x00\x01\x7f",
    "def f(x):\n    return x\n\n\n  # end", "https://a.b/c?d=e&f=%20#g", "a" * 100, " " * 50, "\n" * 20, "-" * 33, "ab" * 60,
    "▁", "▁▁a", "a▁b", "Ġ", "Ċx", "<0x0A>", "<unk>", "<s>x</s>", "<|im_start|>user\nhi<|im_end|>\n", " <|im_end|> ", "<|im_end|><|im_end|>",
    "<tool>", "a<tool>b", " <tool> ", "x <tool>", "word", "sword words word", "<s", "|im_end|>", "x\U0001F600\u0301y",
    "mixed 你好 and ￥100 – “quotes” … 50%", "A\tB\nC\rD\x0bE\x0cF",
]
GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
# The newer o200k family splits words by case.
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])
CHATML = ("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
LLAMA_INST = ("{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] | trim + ' [/INST]' }}"
              "{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] | trim + eos_token }}{% endif %}{% endfor %}")
CHATS = [
    [{"role": "user", "content": "Hi there"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好 👍🏽?"}, {"role": "assistant", "content": " Ok.\n"},
     {"role": "user", "content": "  and\tnow  "}],
]
EXTRA = [AddedToken("<|im_start|>", special=True), AddedToken("<|im_end|>", special=True),
         AddedToken("<tool>", special=False, lstrip=True, rstrip=True), AddedToken("word", special=False)]


def byte_level(pattern, normalizer=None, template=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]) if pattern else pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
                                  special_tokens=["<s>", "</s>"])
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if template:
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])])
    return tokenizer


def sentencepiece(kind):
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    training = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = training
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    # A small alphabet, so that most of the difficult text falls back to bytes.
    trainer = trainers.BpeTrainer(vocab_size=800, limit_alphabet=60, show_progress=False,
                                  special_tokens=["<unk>", "<s>", "</s>", *bytes_])
    tokenizer.train_from_iterator(CORPUS, trainer)
    strip = [decoders.Strip(content=" ", left=1, right=0)]
    tail = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if kind == "llama2":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        tokenizer.pre_tokenizer = None
        tokenizer.decoder = decoders.Sequence(tail + strip)
    if kind == "mistral":
        tokenizer.normalizer = None
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
        tokenizer.decoder = decoders.Sequence(tail + strip)
    if kind == "gemma":
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        tokenizer.decoder = decoders.Sequence(tail)
    state = json.loads(tokenizer.to_str())
    # As in the real files: byte tokens are ordinary vocabulary.
    state["added_tokens"] = [token for token in state["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(state))


def custom(cuts):
    """What people train themselves: words cut in every way the library knows."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(vocab_size=500, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"])
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def spaced():
    """Text that is replaced, and words apart that hold characters unknown in a row."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Replace("#", "$&"), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.FixedLength(length=5)])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    trainer = trainers.BpeTrainer(vocab_size=300, limit_alphabet=80, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"])
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def unigram(split):
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=split)
    trainer = trainers.UnigramTrainer(vocab_size=400, show_progress=False, unk_token="<unk>", special_tokens=["<unk>", "<s>", "</s>"])
    tokenizer.train_from_iterator([line for line in CORPUS if line.isascii()], trainer)
    state = json.loads(tokenizer.to_str())
    state["model"]["vocab"] += [[token, -50.0] for token in bytes_] + [["▁▁▁", -1.0]]
    state["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


FAMILIES = {
    "custom-words": lambda: custom([pre_tokenizers.Whitespace()]),
    "custom-punctuation": lambda: custom([pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Punctuation()]),
    "custom-digits": lambda: custom([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Split(".", "merged_with_previous")]),
    "custom-runs": lambda: custom([pre_tokenizers.Digits(), pre_tokenizers.Split(Regex("(a|e)"), "merged_with_next"), pre_tokenizers.Split("-", "contiguous"),
                                   pre_tokenizers.Split(Regex("[a-z]+"), "isolated", invert=True)]),
    "custom-spaces": spaced,
    "unigram": lambda: unigram(True),
    "unigram-whole": lambda: unigram(False),
    "gpt2": lambda: byte_level(None),
    "gpt2-regex": lambda: byte_level(GPT2),
    "qwen2": lambda: byte_level(QWEN2, normalizers.NFC()),
    "llama3": lambda: byte_level(LLAMA3, template=True, ignore_merges=True),
    "o200k": lambda: byte_level(O200K),
    "llama2": lambda: sentencepiece("llama2"),
    "mistral": lambda: sentencepiece("mistral"),
    "gemma": lambda: sentencepiece("gemma"),
}


def record(name):
    rust = FAMILIES[name]()
    rust.add_tokens(EXTRA)
    template = LLAMA_INST if name in ("llama2", "mistral") else CHATML
    hf = PreTrainedTokenizerFast(tokenizer_object=rust, bos_token="<s>", eos_token="</s>", clean_up_tokenization_spaces=False)
    hf.chat_template = template
    with tempfile.TemporaryDirectory() as folder:
        hf.save_pretrained(folder)
        files = {path.name: path.read_text() for path in Path(folder).iterdir()}
    cases = []
    for text in TEXTS:
        ids = rust.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": ids, "decoded": rust.decode(ids, skip_special_tokens=False),
                      "spoken": rust.decode(ids, skip_special_tokens=True)})
    chats = [{"messages": chat, "rendered": hf.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)} for chat in CHATS]
    for chat in chats:
        chat["ids"] = rust.encode(chat["rendered"], add_special_tokens=False).ids
    return {"files": files, "cases": cases, "chats": chats}


print(json.dumps({name: record(name) for name in FAMILIES}))
