"""Texts to tokens, once for each tokenizer: `tokenise.py WORK TOKENIZER OUT`.

Writes `OUT/{english,pairs,heading,title,body}.npz`, each with `ids` (int32, all texts in a row) and `offsets` (int64,
one more than there are texts), and `OUT/facts.npz` with what is known of pairs and sections beside their text.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LONGEST = {"english": 256, "pairs": 96, "heading": 48, "title": 48, "body": 192}  # tokens
CHUNK = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pairs = [line.split("\t") for line in _lines(options.work / "pairs.tsv")]
    sections = [line.split("\t") for line in _lines(options.work / "sections.tsv")]
    save_facts(options.out / "facts.npz", pairs, sections)
    texts = {
        "english": list(_lines(options.work / "english.txt")),
        "pairs": [row[2] for row in pairs],
        "title": [row[6] for row in sections],
        "heading": [row[7] for row in sections],
        "body": [row[8] for row in sections],
    }
    for name, column in texts.items():
        ids, offsets = tokenise(options.tokenizer, column, LONGEST[name])
        np.savez(options.out / f"{name}.npz", ids=ids, offsets=offsets)
        print(f"{name}: {len(column)} texts, {len(ids)} tokens", flush=True)


def tokenise(tokenizer: Path, texts: Sequence[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of all texts in a row, and where each begins."""
    chunks = [(str(tokenizer), texts[at : at + CHUNK], longest) for at in range(0, len(texts), CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        parts = list(workers.map(_tokenised, chunks))
    lengths = np.concatenate([lengths for _, lengths in parts])
    return np.concatenate([ids for ids, _ in parts]), np.concatenate([[0], np.cumsum(lengths)])


def _tokenised(chunk: tuple[str, Sequence[str], int]) -> tuple[np.ndarray, np.ndarray]:
    path, texts, longest = chunk
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.from_file(path)
    # White space is collapsed as the encoder does: a line break would split the word after it.
    clean = [" ".join(text.split()) for text in texts]
    found = tokenizer.encode_batch_fast(clean, add_special_tokens=False)
    cut = [one.ids[:longest] for one in found]
    lengths = np.array([len(ids) for ids in cut], np.int64)
    return np.array([token for ids in cut for token in ids], np.int32), lengths


def save_facts(path: Path, pairs: Sequence[Sequence[str]], sections: Sequence[Sequence[str]]) -> None:
    names = sorted({row[0] for row in (*pairs, *sections)} | {"en"})
    documents: dict[str, int] = {}
    parallels: dict[tuple[str, str], int] = {}
    sources = sorted({row[1].partition(":")[0] for row in sections})
    np.savez(
        path,
        names=np.array(names),
        pair_language=np.array([names.index(row[0]) for row in pairs], np.int64),
        pair_english=np.array([int(row[1]) for row in pairs], np.int64),
        language=np.array([names.index(row[0]) for row in sections], np.int64),
        document=np.array([documents.setdefault(row[1], len(documents)) for row in sections], np.int64),
        parallel=np.array([parallels.setdefault((row[1], row[2]), len(parallels)) for row in sections], np.int64),
        sources=np.array(sources),
        source=np.array([sources.index(row[1].partition(":")[0]) for row in sections], np.int64),
        held_out=np.array([row[3] == "1" for row in sections]),
        english_heading=np.array([int(row[4]) for row in sections], np.int64),
        english_body=np.array([int(row[5]) for row in sections], np.int64),
    )  # fmt: skip


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


if __name__ == "__main__":
    main()
