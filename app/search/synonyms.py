"""A question in other words: which glossary entries it uses, and what else they are called.

Compared are our own tokens, so that inflected forms, missing accents and scripts without spaces are no hindrance; the longest
phrase wins where two begin at one word.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.articles.glossary import Entry
from app.search.tokens import PART, analyse

_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherWords:
    """What a question can also be called: tokens for the lexical leg, and the articles' own terms for the encoder."""

    tokens: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


NOTHING_ELSE = OtherWords()


class Synonyms:
    """The glossaries of one snapshot, ready to be asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._starts: dict[tuple[str, str], list[tuple[_Words, Entry]]] = defaultdict(list)
        for entry in entries:
            for phrase in entry.phrases:
                if words := _in_order(analyse(phrase, entry.language)):
                    self._starts[entry.language, words[0]].append((words, entry))
        for phrases in self._starts.values():
            phrases.sort(key=lambda one: -len(one[0]))

    def of(self, tokens: Sequence[str], language: str) -> OtherWords:
        """The other words for what stands in a question of `language`, given by its tokens."""
        said = _in_order(tokens)
        found: dict[Entry, None] = {}
        at = 0
        while at < len(said):
            phrase = self._at(said, at, language)
            if phrase:
                found[phrase[1]] = None
            at += len(phrase[0]) if phrase else 1
        if not found:
            return NOTHING_ELSE
        known = set(tokens)
        others = [token for entry in found for phrase in entry.phrases for token in analyse(phrase, language)]
        return OtherWords(
            tuple(dict.fromkeys(token for token in others if token not in known)),
            tuple(
                entry.term
                for entry in found
                if not known.issuperset(_in_order(analyse(entry.term, language)))
            ),
        )

    def _at(self, said: _Words, at: int, language: str) -> tuple[_Words, Entry] | None:
        for words, entry in self._starts.get((language, said[at]), ()):
            if said[at : at + len(words)] == words:
                return words, entry
        return None


def _in_order(tokens: Sequence[str]) -> _Words:
    """Words and codes in the order of the text, without the parts."""
    return tuple(token for token in tokens if not token.startswith(PART))
