"""Cuts a passage into what can be quoted whole, and picks the stretch that fits a question.

A list or a table is never cut in the middle, and never parted from the sentence that leads it in. What is quoted is one
unbroken stretch of the passage, so it stands there word for word.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.search.bm25 import SYNONYM_WEIGHT
from app.search.tokens import analyse, words

# A quotation's length in characters; scripts that write a word in one or two characters need half of it.
LONGEST = 900
LONGEST_FAQ = 600
_DENSE = {"ja": 0.5, "zh-Hans": 0.5}
# The first sentences usually answer; a later one must fit clearly better to be preferred.
START_BONUS = 0.25

STEP = re.compile(r"(\d{1,6})\. ")
POINT = re.compile(r"- ")
_LEADS_IN = (":", "：")
_LINE = re.compile(r"[^\n]+")
# A sentence ends at its mark when space or a line's end follows; not after a single letter or number ("z. B.", "No. 4").
_SENTENCE = re.compile(r"\S.*?(?:(?<!\b\w)[.!?…؟]+[\"”’»)\]]*(?=\s|$)|[。！？]+[」』）]*|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a passage that is quoted whole: one sentence, or one list or table with what leads it in."""

    start: int
    end: int
    is_list: bool


class Asked:
    """The words of a question, to be looked for in texts of one language; rare words weigh more than common ones.

    `others`, the tokens of synonyms, count where they are found, a little less, and take nothing away where they are not.
    """

    def __init__(
        self,
        question: str,
        language: str,
        weigh: Callable[[str], float] = lambda _: 1.0,
        others: Sequence[str] = (),
    ) -> None:
        self.language = language
        said = {word: weigh(word) for word in words(analyse(question, language))}
        self._whole = sum(said.values()) or 1.0
        self.weights = {word: SYNONYM_WEIGHT * weigh(word) for word in words(list(others))} | said

    def fit(self, text: str) -> float:
        """The share of the question's words, by their weight, that stand in `text`, 0..1."""
        return min(1.0, sum(self.weights[word] for word in self.found(text)) / self._whole)

    def found(self, text: str) -> set[str]:
        """The question's words and synonyms that stand in `text`."""
        return self.weights.keys() & set(analyse(text, self.language))


def longest_quote(kind: str, language: str) -> int:
    """How many characters to quote from an article of this kind."""
    return int((LONGEST_FAQ if kind == "faq" else LONGEST) * _DENSE.get(language, 1.0))


def cut(text: str) -> tuple[Part, ...]:
    """The parts of a passage's text, in order, without the space between them."""
    parts: list[Part] = []
    sort = ""
    for line in _LINE.finditer(text):
        before, sort = sort, _sort(line[0], sort)
        if sort == "words":
            offset = line.start()
            parts += [Part(offset + s.start(), offset + s.end(), False) for s in _SENTENCE.finditer(line[0])]
        elif parts and (sort == before or (before == "words" and _leads_in(text, parts[-1]))):
            parts[-1] = Part(parts[-1].start, line.end(), True)
        else:
            parts.append(Part(line.start(), line.end(), True))
    return tuple(parts)


def fitting_stretch(text: str, asked: Asked, longest: int) -> str:
    """The unbroken stretch of `text`, of at most `longest` characters, that fits the question best.

    It is longer only where one list is; `text` as a whole if it is short enough.
    """
    parts = cut(text)
    if not parts:
        return ""
    first = last = _best(parts, [text[part.start : part.end] for part in parts], asked)
    while first > 0 and parts[last].end - parts[first - 1].start <= longest:
        first -= 1
    while last + 1 < len(parts) and parts[last + 1].end - parts[first].start <= longest:
        last += 1
    return text[parts[first].start : parts[last].end]


def has_steps(text: str) -> bool:
    """Whether a numbered list stands in the text."""
    return any(STEP.match(line) for line in text.split("\n"))


def has_list(text: str) -> bool:
    """Whether a list of any sort, or a table, stands in the text."""
    return any(part.is_list for part in cut(text))


def _sort(line: str, before: str) -> str:
    if line.startswith("  ") and before:
        return before  # held by the list item above
    if STEP.match(line):
        return "steps"
    if POINT.match(line):
        return "points"
    return "rows" if " | " in line else "words"


def _leads_in(text: str, part: Part) -> bool:
    return text[part.start : part.end].endswith(_LEADS_IN)


def _best(parts: tuple[Part, ...], texts: list[str], asked: Asked) -> int:
    """The part to quote around: the list if what is asked for are steps, else the sentence that fits best."""
    fits = [asked.fit(text) for text in texts]
    fits[0] += START_BONUS
    steps = [at for at, part in enumerate(parts) if part.is_list and _has_step(texts[at])]
    return max(steps or range(len(parts)), key=lambda at: fits[at])


def _has_step(text: str) -> bool:
    return has_steps(text) and sum(bool(STEP.match(line)) for line in text.split("\n")) > 1


def continues(text: str, following: str) -> bool:
    """Whether the numbered list at the end of `text` goes on at the start of `following`."""
    numbers = [int(found[1]) for line in text.split("\n") if (found := STEP.match(line))]
    start = STEP.match(following)
    in_order = all(later == earlier + 1 for earlier, later in pairwise(numbers))
    return bool(numbers and start and in_order and int(start[1]) in (numbers[-1], numbers[-1] + 1))
