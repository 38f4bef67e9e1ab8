"""Records the similarity metrics of their Python implementations: rapidfuzz (fuzzy_match), NLTK (bleu, gleu, meteor and
its stemmer) and torchmetrics (rouge; it tokenises as rouge-score does without stemming).

    python record-similarities.py <dict folder of WordNet 3.0> > similarities.json

needs rapidfuzz, nltk, torchmetrics and torch. The folder is that of wordnet/make-data.mjs.
"""

import json
import os
import shutil
import sys
import tempfile
import warnings

import nltk
import rapidfuzz
import torchmetrics
from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import sentence_bleu
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from torchmetrics.functional.text.rouge import rouge_score

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
    ("lorem ipsum dolor sit amet consectetur elit adipiscing sed do", "ipsum lorem dolor amet sit consectetur elit adipiscing do sed"),
    ("The geese were running home quickly", "A goose ran house fast"),
    ("buy a big car", "purchase a large automobile"),
    ("The doctor healed the ill children", "A physician cured sick kids"),
    ("He begins to speak", "She started talking"),
    ("police killed the gunman", "the gunman police killed"),
    ("Police, KILLED: the-gunman!", "police killed the gunman"),
    ("happily the wolves ate mice and oxen", "glad wolf eating a mouse and an ox"),
    ("better worse best worst", "good bad well ill"),
    ("relational conditional rationalization hopefulness", "relation condition rational hopeful"),
    ("agreed plastered motoring conflated troubled sized hopping falling filing", "agree plaster motor conflate trouble size hop fall file"),
    ("The answer is 42.", "The answer is 42"),
    ("Paris in France", "paris in france"),
    ("\u0130stanbul \u00df", "istanbul ss"),
]

WORDS = """caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned
falling hissing fizzed failing filing happy sky enjoy spy relational conditional rational valenci hesitanci digitizer
conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness hopefulness
callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical hopeful goodness revival
allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou
communism activate angulariti homologous effective bowdlerize probate rate cease controll roll dying lying tying news innings
outings cannings howe proceed exceed succeed skies died ties dies ion ions yyyy yay sayy toy by as is it a geology ontologi
fulli hopefully dogs' naïve 42 x-rays agreed's eed eing ing ed oed up ups at ats bling""".split()


def use_wordnet(folder):
    """Lays the folder out as NLTK's own corpus, which has two more files."""
    root = tempfile.mkdtemp()
    copy = shutil.copytree(folder, os.path.join(root, "corpora", "wordnet"))
    open(os.path.join(copy, "index.sense"), "w").close()
    with open(os.path.join(copy, "lexnames"), "w") as file:
        file.writelines(f"{i:02d}\tlex{i}\t1\n" for i in range(45))
    nltk.data.path.insert(0, root)


def row(candidate, reference):
    bleu = sentence_bleu([reference.split()], candidate.split())
    keys = ["rouge1", "rouge2", "rouge3", "rouge4", "rouge5", "rougeL"]
    rouge = rouge_score(candidate, reference, rouge_keys=tuple(keys))
    values = {
        "fuzzy_match": rapidfuzz.fuzz.ratio(candidate, reference) / 100,
        "bleu": 0 if bleu < 1e-70 else float(bleu),
        "gleu": float(sentence_gleu([reference.split()], candidate.split())),
        "meteor": single_meteor_score(reference.split(), candidate.split()),
        **{f"rouge_{key[5:].lower()}": round(float(rouge[f"{key}_fmeasure"]), 6) for key in keys},
    }
    return {"candidate": candidate, "reference": reference, "scores": values}


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # NLTK warns where an order has no match; its value there is about 1e-77
    use_wordnet(sys.argv[1])
    rows = [row(candidate, reference) for candidate, reference in PAIRS]
stemmer = PorterStemmer()
versions = {"rapidfuzz": rapidfuzz.__version__, "nltk": nltk.__version__, "torchmetrics": torchmetrics.__version__}
print(json.dumps({"versions": versions, "stems": {word: stemmer.stem(word) for word in WORDS}, "rows": rows}, ensure_ascii=False, indent=1))
