"""The words of a question, marked in a text: whole words by their stems, Chinese and Japanese by pairs of characters."""

import re

from markupsafe import Markup, escape

from app.search.bm25 import LanguageColumns
from app.search.snapshot import Snapshot
from app.search.tokens import analyse, fold, words

# A word is marked when it tells (idf) at least this share of what the question's most telling word tells …
TELLING = 0.55
# … and this share of what a word tells that stands nowhere: `how` is no find, even where nothing better was found.
TELLING_AT_ALL = 0.15
# In fewer passages than these no word tells much, and all are marked.
ENOUGH_TO_TELL = 50
EXCERPT = 320  # characters; CJK lines carry about twice as much
EXCERPT_CJK = 150

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_IS_CJK = re.compile(f"[{_CJK}]")
_PIECE = re.compile(f"[{_CJK}]+|(?:(?![{_CJK}])\\w)+(?:['’](?:(?![{_CJK}])\\w)+)*")
_LIST_MARK = re.compile(r"(?:^|\n)\s*- ")
_HIRAGANA = re.compile("[\u3040-\u309f]+")
_START = re.compile(r"(?<=[.!?。！？؟\n])\s*")


class Marker:
    """Knows what to mark for one question; `language` is that of the texts."""

    def __init__(self, question: str, language: str, snapshot: Snapshot) -> None:
        self._language = language
        self._words = _telling(words(analyse(question, language)), snapshot.lexical.columns.get(language))

    def marked(self, text: str) -> Markup:
        """`text`, escaped, with `<mark>` around the words of the question."""
        parts, at = [], 0
        for start, end in self.spans(text):
            parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
            at = end
        return Markup("").join([*parts, escape(text[at:])])

    def excerpt(self, text: str) -> Markup:
        """The part of `text` around its first marked words, marked, with dots where something was left out."""
        limit = EXCERPT_CJK if _IS_CJK.search(text) else EXCERPT
        flat = _in_a_line(text)
        if len(flat) <= limit:
            return self.marked(flat)
        spans = self.spans(flat)
        start = _beginning(flat, spans[0][0], limit) if spans else 0
        end = _end(flat, start + limit)
        before, after = "… " if start else "", " …" if end < len(flat) else ""
        return Markup("{}{}{}").format(before, self.marked(flat[start:end].strip()), after)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` the question's words stand: (start, end), ascending, neighbours joined."""
        found: list[tuple[int, int]] = []
        for piece in _PIECE.finditer(text):
            for start, end in self._within(piece[0]):
                at = (piece.start() + start, piece.start() + end)
                if found and found[-1][1] >= at[0]:
                    found[-1] = (found[-1][0], at[1])
                else:
                    found.append(at)
        return found

    def _within(self, piece: str) -> list[tuple[int, int]]:
        if not _IS_CJK.match(piece):
            hit = self._words.intersection(words(analyse(piece, self._language)))
            return [(0, len(piece))] if hit else []
        pairs = ((at, piece[at : at + 2]) for at in range(len(piece) - 1))
        return [
            (at, at + 2) for at, pair in pairs if fold(pair) in self._words and not _HIRAGANA.fullmatch(pair)
        ]


def _in_a_line(text: str) -> str:
    """List items and rows of tables behind dots, cells between dashes."""
    lines, after_row = [], False
    for line in text.split("\n"):
        is_row = " | " in line
        # Neither a row nor the table ends in a full stop: what follows it begins like an item, too.
        is_bare = (is_row or after_row) and not _LIST_MARK.match(line)
        lines.append(f"- {line.replace(' | ', ' – ')}" if is_bare else line)
        after_row = is_row
    return " ".join(_LIST_MARK.sub(" • ", "\n".join(lines)).split()).removeprefix("• ")


def _telling(asked: list[str], columns: LanguageColumns | None) -> frozenset[str]:
    if columns is None:
        return frozenset(asked)
    weights = {word: columns.idf(word) for word in asked if word in columns.vocabulary}
    if len(columns.members) < ENOUGH_TO_TELL:
        return frozenset(weights)
    at_all = TELLING_AT_ALL * columns.unknown_idf if len(asked) > 1 else 0.0
    least = max(TELLING * max(weights.values(), default=0.0), at_all)
    # A pair of ideographs is a piece of a word: the word is marked whole or not at all.
    return frozenset(
        word for word, weight in weights.items() if weight >= (at_all if _IS_CJK.match(word) else least)
    )


def _beginning(text: str, first: int, limit: int) -> int:
    """The start of the sentence that holds `first`, if that is near enough, else a word's start before it."""
    if first < limit // 2:
        return 0
    starts = [match.end() for match in _START.finditer(text, 0, first)]
    if starts and first - starts[-1] < limit // 2:
        return starts[-1]
    space = text.find(" ", max(0, first - limit // 4), first)
    return space + 1 if space >= 0 else first


def _end(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", end - 30, end)
    return space if space > 0 else end
