"""Anchors: the ids of headings, readable in every script."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

MAX_CHARACTERS = 80


def unique_anchors(headings: Iterable[str]) -> Iterator[str]:
    """One id a heading, in order; a heading said twice gets `-2`, `-3`."""
    taken: set[str] = set()
    said: Counter[str] = Counter()
    for heading in headings:
        base = anchor = _anchor(heading)
        while anchor in taken:
            said[base] += 1
            anchor = f"{base}-{said[base] + 1}"
        taken.add(anchor)
        yield anchor


def _anchor(heading: str) -> str:
    # Letters, digits and the marks that belong to them stay in every script; all else parts words.
    kept = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c == "_" else _gap(c) for c in _folded(heading)
    )
    return re.sub(r"[-\s]+", "-", kept).strip("-")[:MAX_CHARACTERS].rstrip("-") or "section"


def _folded(heading: str) -> str:
    return unicodedata.normalize("NFC", heading).lower()


def _gap(character: str) -> str:
    return "-" if character.isspace() or unicodedata.category(character) == "Pd" else ""
