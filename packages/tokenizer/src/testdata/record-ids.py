"""Records what Hugging Face's Rust library makes of the letter-to-sound tokenizer, as the reference of the tests.

    npx tsx --conditions=source -e "import('@preheat/tokenizer').then((t) => console.log(JSON.stringify(t.letterToSoundTokenizer())))" > files.json
    python record-ids.py files.json > letter-to-sound-ids.json      # pip install tokenizers transformers jinja2

The chat case goes through transformers' own apply_chat_template.
"""

import json
import sys
import tempfile
from pathlib import Path

import tokenizers
import transformers

TEXTS = [
    "", "cat", "don't", "K", "K AE T", "TH IH NG K", "T TH T", " K", "K ", "K  AE", "K\nAE", "say K AE T now", "BAD AE",
    "A B", "TK A", "K.", "(K AE)", "né", "x1 + y2 = 3.5%", "ZH UH ZH", "HHHH", "HH HH", "W AH T EH V ER", "  ", "\n\n",
    "<|user|>cat<|assistant|>K AE T<|end|>", "<|user|>K<|assistant|>", "<|system|>a B<|user|>c d<|assistant|>D AO G<|end|>",
]
CHAT = [
    {"role": "system", "content": "spell"}, {"role": "user", "content": "cat"}, {"role": "assistant", "content": "K AE T"},
    {"role": "user", "content": "dog"},
]

files = json.loads(Path(sys.argv[1]).read_text())
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "tokenizer.json").write_text(json.dumps(files["tokenizerJson"]))
    Path(folder, "tokenizer_config.json").write_text(json.dumps(files["tokenizerConfig"]))
    rust = tokenizers.Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
    hf = transformers.AutoTokenizer.from_pretrained(folder)

cases = []
for text in TEXTS:
    ids = rust.encode(text, add_special_tokens=False).ids
    assert hf.encode(text, add_special_tokens=False) == ids, text
    decoded = rust.decode(ids, skip_special_tokens=False)
    assert hf.decode(ids) == decoded, text
    cases.append({"text": text, "ids": ids, "decoded": decoded})
rendered = hf.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
chat = {"messages": CHAT, "rendered": rendered, "ids": rust.encode(rendered, add_special_tokens=False).ids}
versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
print(json.dumps({"versions": versions, "chat": chat, "cases": cases}, ensure_ascii=False, indent=1))
