"""Tokens of all training texts, as flat arrays: `prepare.py DATA WORK`.

Writes `english.npz` and `english.txt` (every distinct English text), `pairs.npz` and `sections.npz` into WORK. A text is
`ids[offsets[i]:offsets[i + 1]]`.
"""

import argparse
import gzip
import hashlib
import lzma
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

PROJECT = Path(__file__).parents[2]
SHORT, TITLE, BODY = 96, 48, 192  # longest texts, in tokens
HELD_OUT_EVERY = 20  # one document in so many is never trained on
SLIP_EVERY = 6  # one text in so many is read as hurried people type


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(PROJECT / "app/search/weights/tokenizer.json"))
    pairs = [line.split("\t")[:3] for line in lines(options.data / "pairs/pairs.tsv.xz")]
    sections = [line.split("\t")[:6] for line in lines(options.data / "sections/sections.tsv.xz")]
    english = english_texts(pairs, sections, lines(options.data / "sections/english.tsv.gz"))
    (options.work / "english.txt").write_text("\n".join(english), encoding="utf-8")
    save(options.work / "english.npz", text=flat(tokenizer, english, SHORT))
    save_pairs(options.work / "pairs.npz", tokenizer, pairs, english)
    save_sections(options.work / "sections.npz", tokenizer, sections)


def lines(path: Path) -> Iterator[str]:
    opened = lzma.open if path.suffix == ".xz" else gzip.open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


def english_texts(
    pairs: Sequence[list[str]], sections: Sequence[list[str]], more: Iterable[str]
) -> dict[str, int]:
    """Every distinct English text of 3 to 400 characters, with its number."""
    numbered: dict[str, int] = {}

    def add(text: str) -> None:
        text = " ".join(text.split())
        if 3 <= len(text) <= 400:
            numbered.setdefault(text, len(numbered))

    for _, text, _ in pairs:
        add(text)
    for language, document, _, title, heading, body in sections:
        if language == "en" and not is_held_out(document):
            for text in (heading, title, *islice(re.split(r"(?<=[.!?])\s+", body), 6)):
                add(text)
    for text in more:
        add(text)
    return numbered


def is_held_out(document: str) -> bool:
    return int(hashlib.md5(document.encode()).hexdigest(), 16) % HELD_OUT_EVERY == 0  # noqa: S324  # no secret


def save_pairs(path: Path, tokenizer: Tokenizer, pairs: Sequence[list[str]], english: dict[str, int]) -> None:
    known = [
        (language, english[key], " ".join(text.split()))
        for language, en, text in pairs
        if (key := " ".join(en.split())) in english and text.strip()
    ]
    names = sorted({language for language, _, _ in known})
    slips = random.Random(0)  # noqa: S311  # no secret
    texts = [
        slipped(text, slips) if number % SLIP_EVERY == 0 else text
        for number, (_, _, text) in enumerate(known)
    ]
    save(
        path,
        text=flat(tokenizer, texts, SHORT),
        english=np.array([number for _, number, _ in known], np.int32),
        language=np.array([names.index(language) for language, _, _ in known], np.int8),
        names=np.array(names),
    )


def save_sections(path: Path, tokenizer: Tokenizer, sections: Sequence[list[str]]) -> None:
    names = sorted({section[0] for section in sections})
    documents: dict[str, int] = {}
    parallels: dict[tuple[str, str], int] = {}
    save(
        path,
        title=flat(tokenizer, [section[3] for section in sections], TITLE),
        heading=flat(tokenizer, [section[4] or section[3] for section in sections], TITLE),
        body=flat(tokenizer, [section[5] for section in sections], BODY),
        language=np.array([names.index(section[0]) for section in sections], np.int8),
        document=np.array(
            [documents.setdefault(section[1], len(documents)) for section in sections], np.int32
        ),
        parallel=np.array([parallels.setdefault((s[1], s[2]), len(parallels)) for s in sections], np.int32),
        held_out=np.array([is_held_out(section[1]) for section in sections]),
        names=np.array(names),
    )


def slipped(text: str, slips: random.Random) -> str:
    """The text without its accents, or with one letter in about 25 dropped or swapped with the next."""
    if slips.random() < 0.4:
        parts = unicodedata.normalize("NFD", text)
        return unicodedata.normalize("NFC", "".join(c for c in parts if unicodedata.category(c) != "Mn"))
    letters = list(text)
    for _ in range(max(1, len(letters) // 25)):
        at = slips.randrange(max(1, len(letters) - 1))
        if slips.random() < 0.5 and len(letters) > 3:
            del letters[at]
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def flat(tokenizer: Tokenizer, texts: Iterable[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
    ids: list[np.ndarray] = []
    lengths = [0]
    remaining = iter(texts)
    while batch := list(islice(remaining, 20_000)):
        # White space is collapsed as the encoder does: a line break would split the word after it.
        for encoding in tokenizer.encode_batch_fast(
            [" ".join(text.split()) for text in batch], add_special_tokens=False
        ):
            ids.append(np.array(encoding.ids[:longest], np.int32))
            lengths.append(len(ids[-1]))
    return np.concatenate(ids), np.cumsum(lengths)


def save(path: Path, **columns: np.ndarray | tuple[np.ndarray, np.ndarray]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for name, column in columns.items():
        if isinstance(column, tuple):
            arrays[f"{name}_ids"], arrays[f"{name}_offsets"] = column
        else:
            arrays[name] = column
    np.savez(path, **arrays)
    print(path, {name: array.shape for name, array in arrays.items()}, flush=True)


if __name__ == "__main__":
    main()
