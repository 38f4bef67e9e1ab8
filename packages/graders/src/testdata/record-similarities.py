"""Records fuzzy_match, bleu and gleu of the Python implementations that OpenAI's grader image ships.

    python record-similarities.py > similarities.json        # pip install rapidfuzz nltk

ROUGE is not in the table: its tests are computed by hand from the definition.
"""

import json
import warnings

import nltk
import rapidfuzz
from nltk.translate.bleu_score import sentence_bleu
from nltk.translate.gleu_score import sentence_gleu

PAIRS = [
    ("the cat sat on the mat", "the cat sat on the mat"),
    ("the cat sat on the mat", "the cat is on the mat today"),
    ("the the the the the the the", "the cat is on the mat"),
    ("It is a guide to action which ensures that the military always obeys the commands of the party",
     "It is a guide to action that ensures that the military will forever heed Party commands"),
    ("he read the book because he was interested in world history", "he was interested in world history because he read the book"),
    ("one two three four five", "one two three four six seven eight nine"),
    ("one two three four five six seven eight nine ten", "one two three four five"),
    ("a b c", "a b c"), ("a b c d", "a b c d"), ("Hello", "hello"), ("", ""), ("", "abc"), ("abc", ""), ("kitten", "sitting"),
    ("K AE T", "K AA T S"), ("naïve café", "naive cafe"), ("😀 smile", "smile 😀"), ("a\tb  c\nd e", "a b c d e"),
    ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do", "ipsum lorem dolor amet sit consectetur elit adipiscing do sed"),
]

rows = []
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # NLTK warns where an order has no match; its value there is about 1e-77
    for candidate, reference in PAIRS:
        bleu = sentence_bleu([reference.split()], candidate.split())
        rows.append({
            "candidate": candidate,
            "reference": reference,
            "fuzzy_match": rapidfuzz.fuzz.ratio(candidate, reference) / 100,
            "bleu": 0 if bleu < 1e-70 else float(bleu),
            "gleu": float(sentence_gleu([reference.split()], candidate.split())),
        })
print(json.dumps({"versions": {"rapidfuzz": rapidfuzz.__version__, "nltk": nltk.__version__}, "rows": rows}, ensure_ascii=False, indent=1))
