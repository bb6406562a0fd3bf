"""Cuts texts into the pieces of a unigram language model: of all ways to spell a word in known pieces the likeliest (Kudo 2018).

It reads the `tokenizer.json` of the library `tokenizers` and gives the same numbers. That library takes .3 s to open the
file, which each command and each start of the server would wait for, and 107 MB where this takes 27.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import msgspec

# What stands for the space before a word, and for each part of a word that holds signs or digits.
SPACE = "▁"
# An unknown sign costs so much more than the least likely piece.
UNKNOWN_PENALTY = 10.0
KEPT_WORDS = 1 << 14
# Longer words are whole sentences of a script without spaces, which nobody says twice.
LONGEST_KEPT = 24
NORMALIZERS = ["NFKC", "Lowercase"]
PRE_TOKENIZERS = ["Punctuation", "Digits", "Metaspace"]


class _Step(msgspec.Struct):
    type: str


class _Normalizer(msgspec.Struct):
    normalizers: list[_Step]


class _PreTokenizer(msgspec.Struct):
    pretokenizers: list[_Step]


class _Model(msgspec.Struct):
    type: str
    unk_id: int
    vocab: list[tuple[str, float]]
    byte_fallback: bool = False


class _File(msgspec.Struct):
    normalizer: _Normalizer
    pre_tokenizer: _PreTokenizer
    model: _Model


class Unigram:
    """A vocabulary with the log chance of each piece. Safe in many threads."""

    def __init__(self, vocabulary: Sequence[tuple[str, float]], unknown: int) -> None:
        self._numbers = {piece: number for number, (piece, _) in enumerate(vocabulary)}
        self._scores = [score for _, score in vocabulary]
        self._unknown = unknown
        self._unknown_score = min(self._scores, default=0.0) - UNKNOWN_PENALTY
        self._longest: dict[str, int] = {}
        for piece in self._numbers:
            if len(piece) > self._longest.get(piece[:1], 0):
                self._longest[piece[:1]] = len(piece)
        self._kept = lru_cache(maxsize=KEPT_WORDS)(self._word)

    @classmethod
    def read(cls, path: Path) -> "Unigram":
        """From a `tokenizer.json`; `ValueError` when it is of another kind than this code knows, or none at all."""
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path.name} is no unigram tokenizer: {error}") from error
        steps = [[one.type for one in file.normalizer.normalizers]]
        steps.append([one.type for one in file.pre_tokenizer.pretokenizers])
        is_known = steps == [NORMALIZERS, PRE_TOKENIZERS]
        if not is_known or file.model.type != "Unigram" or file.model.byte_fallback:
            raise ValueError(
                f"{path.name} must be a Unigram of {NORMALIZERS} and {PRE_TOKENIZERS} without byte fallback"
            )
        return cls(file.model.vocab, file.model.unk_id)

    def __len__(self) -> int:
        return len(self._scores)

    def ids(self, text: str) -> list[int]:
        """The numbers of the pieces of a text, in order. It must be valid Unicode, without lone surrogates."""
        if not text.isascii():
            # One small sigma: which of the two it is depends on what follows, and the model was not taught to look.
            text = normalize("NFKC", text).replace("Σ", "σ").replace(SPACE, " ")
        ids: list[int] = []
        for at, word in enumerate(text.lower().split(" ")):
            # A space belongs to the letters behind it, and stands alone before anything else.
            if at and (not word or _kind(word[0])):
                ids.append(self._numbers.get(SPACE, self._unknown))
            ids += self._kept(word) if len(word) <= LONGEST_KEPT else self._word(word)
        return ids

    def _word(self, word: str) -> tuple[int, ...]:
        """The pieces of what stands between two spaces; letters, digits and each sign are cut by themselves."""
        return tuple(number for part in _parts(word) for number in self._cut(SPACE + part))

    def _cut(self, part: str) -> list[int]:
        """The likeliest pieces: the best way to every place, from left to right (Viterbi)."""
        numbers, scores, longest = self._numbers, self._scores, self._longest
        end = len(part)
        best = [-1e300] * (end + 1)
        best[0] = 0.0
        ways: list[tuple[int, int]] = [(0, 0)] * (end + 1)
        for start, sign in enumerate(part):
            here = best[start]
            if sign not in numbers and here + self._unknown_score > best[start + 1]:
                best[start + 1], ways[start + 1] = here + self._unknown_score, (start, self._unknown)
            for stop in range(start + 1, min(end, start + longest.get(sign, 0)) + 1):
                number = numbers.get(part[start:stop])
                if number is not None and here + scores[number] > best[stop]:
                    best[stop], ways[stop] = here + scores[number], (start, number)
        found: list[int] = []
        while end:
            end, number = ways[end]
            if number != self._unknown or found[-1:] != [number]:  # unknown signs beside each other are one
                found.append(number)
        return found[::-1]


def _parts(word: str) -> Iterator[str]:
    for kind, signs in groupby(word, _kind):
        if kind == "P":
            yield from signs
        else:
            yield "".join(signs)


def _kind(sign: str) -> Any:
    """`P` for a punctuation mark, `N` for a digit, nothing for all else."""
    if sign.isascii():
        return "" if sign.isalpha() or not sign.isprintable() else "N" if sign.isdigit() else "P"
    first = category(sign)[0]
    return first if first in "PN" else ""
