"""Training texts without what is held out: `prepare.py DATA WORK`.

Writes three tables into WORK, one text a line: `english.txt` (every distinct English text: its line is its number),
`pairs.tsv` (language, number of its English, text) and `sections.tsv` (language, document, section, held out or not,
number of the English heading or -1, number of the English body or -1, title, heading, body).
A pair whose English stands in a held-out document is dropped, and so is all of a source that is held out whole.
"""

import argparse
import gzip
import lzma
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from corpus_split import EVERY, is_held_out

SENTENCE = re.compile(r"(?<=[.!?])\s+")
SHORTEST, LONGEST, LONGEST_BODY = 3, 400, 1000  # characters
SENTENCES = 8  # of every section, taught one by one
SLIP_EVERY = 6  # one text in so many is read as hurried people type
# Repositories of the pairs that belong to a source which is held out whole.
HELD_OUT_REPOSITORIES = tuple(f"/{source}" for source, every in EVERY.items() if every == 1)

Section = tuple[str, str, str, str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    sections = [_section(line) for line in lines(options.data / "sections/sections.tsv.xz")]
    hidden = _held_out_sentences(sections)
    pairs = [one for one in _pairs(options.data / "pairs/pairs.tsv.xz") if _key(one[1]) not in hidden]
    numbers = Numbers()
    write(options.work / "pairs.tsv", _pair_lines(pairs, numbers))
    write(options.work / "sections.tsv", _section_lines(sections, numbers))
    for line in lines(options.data / "sections/english.tsv.gz"):
        text = line.split("\t")[0]
        if _key(text) not in hidden and SHORTEST <= len(text) <= LONGEST:
            numbers.of(text)
    write(options.work / "english.txt", iter(numbers.texts))
    print(f"{len(pairs)} pairs, {len(sections)} sections, {len(numbers.texts)} English texts")


class Numbers:
    """Distinct texts with the order in which they were met."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.texts.setdefault(" ".join(text.split()), len(self.texts))


def lines(path: Path) -> Iterator[str]:
    opened = lzma.open if path.suffix == ".xz" else gzip.open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


def write(path: Path, rows: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def _section(line: str) -> Section:
    language, document, number, title, heading, body = line.split("\t")[:6]
    return language, document, number, title, heading or title, body[:LONGEST_BODY]


def _pairs(path: Path) -> Iterator[tuple[str, str, str]]:
    for line in lines(path):
        language, english, text, source = line.split("\t")[:4]
        fits = SHORTEST <= len(english) <= LONGEST and text.strip()
        if fits and not any(name in source for name in HELD_OUT_REPOSITORIES):
            yield language, english, text


def _held_out_sentences(sections: Sequence[Section]) -> set[str]:
    """Keys of all that an English held-out document says."""
    hidden: set[str] = set()
    for language, document, _, title, heading, body in sections:
        if language == "en" and is_held_out(document):
            hidden.update(_key(text) for text in (title, heading, *SENTENCE.split(body)))
    # Short labels ("Save", "Note") stand in every document and give nothing away.
    return {key for key in hidden if len(key) > 25}


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _pair_lines(pairs: Sequence[tuple[str, str, str]], numbers: Numbers) -> Iterator[str]:
    slips = random.Random(0)  # noqa: S311  # no secret
    for at, (language, english, text) in enumerate(pairs):
        read = slipped(text, slips) if at % SLIP_EVERY == 0 else text
        yield f"{language}\t{numbers.of(english)}\t{' '.join(read.split())}"


def _section_lines(sections: Sequence[Section], numbers: Numbers) -> Iterator[str]:
    english: dict[tuple[str, str], tuple[int, int]] = {}
    for language, document, number, title, heading, body in sections:
        if language == "en" and not is_held_out(document) and body:
            english[document, number] = numbers.of(heading), numbers.of(body)
            for text in (title, *islice(SENTENCE.split(body), SENTENCES)):
                if SHORTEST <= len(text) <= LONGEST:
                    numbers.of(text)
    for language, document, number, *texts in sections:
        heading_number, body_number = english.get((document, number), (-1, -1))
        cells = (language, document, number, int(is_held_out(document)), heading_number, body_number)
        yield "\t".join([*map(str, cells), *(" ".join(text.split()) for text in texts)])


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


if __name__ == "__main__":
    main()
