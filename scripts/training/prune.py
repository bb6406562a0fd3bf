"""Cuts a trained student to fewer tokens, so that it opens faster: `prune.py STUDENT WORK --size 88000 --out NEW`.

What a token is worth is how often it stands in the training texts (twice where the site does not speak the language, so
that small languages keep their words) over what it costs to open, which grows with its bytes. Single characters stay. Words
that lose their token are read as its pieces, whose rows were trained, too.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from corpus import SITE
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

SPECIAL = 2
COST = 0.7  # power of the bytes: a token's path in the tokenizer's tree is partly shared
BATCH = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("student", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("work", type=Path)
    parser.add_argument("--size", type=int, default=88_000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    stored = json.loads((options.student / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = stored["model"]["vocab"]
    counts = token_counts(Tokenizer.from_file(str(options.student / "tokenizer.json")), options.work)
    kept = most_useful([token for token, _ in vocabulary], counts, options.size)
    stored["model"]["vocab"] = [vocabulary[at] for at in kept]
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    (options.out / "tokenizer.json").write_text(text, encoding="utf-8")
    tensors = load_file(options.student / "model.safetensors")
    save_file(
        {name: np.ascontiguousarray(one[kept]) for name, one in tensors.items()},
        options.out / "model.safetensors",
    )


def token_counts(tokenizer: Tokenizer, work: Path) -> np.ndarray:
    counts = np.zeros(tokenizer.get_vocab_size())
    by_weight: dict[int, list[str]] = {1: [], 2: []}
    with (work / "pairs.tsv").open(encoding="utf-8") as file:
        for line in file:
            language, _, text = line.rstrip("\n").split("\t")
            by_weight[1 if language in SITE else 2].append(text)
    by_weight[1] += (work / "english.txt").read_text(encoding="utf-8").split("\n")
    for weight, texts in by_weight.items():
        for at in range(0, len(texts), BATCH):
            found = tokenizer.encode_batch_fast(texts[at : at + BATCH], add_special_tokens=False)
            ids = np.concatenate([np.array(one.ids, dtype=np.int64) for one in found])
            counts += weight * np.bincount(ids, minlength=len(counts))
    return counts


def most_useful(tokens: list[str], counts: np.ndarray, size: int) -> np.ndarray:
    """The numbers of the `size` tokens to keep, ascending."""
    worth = counts / np.array([len(token.encode()) for token in tokens]) ** COST
    needed = [at < SPECIAL or len(token.replace("▁", "")) <= 1 for at, token in enumerate(tokens)]
    worth[needed] = np.inf
    return np.sort(np.argsort(-worth, kind="stable")[:size])


if __name__ == "__main__":
    main()
