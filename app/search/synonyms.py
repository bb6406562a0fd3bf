"""A question in other words: which glossary entries it uses, and what else they are called.

Compared are our own tokens, so that inflected forms, missing accents and scripts without spaces are no hindrance; the longest
phrase wins where two begin at one word. The other words are searched by the lexical leg only: given to the encoder, too,
they made it find less (MRR .844 without and .826 with them on the tuning questions), for it knows what they mean.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from app.articles.glossary import Entry
from app.languages import DEFAULT
from app.search.tokens import PART, analyse

_Words = tuple[str, ...]


class Synonyms:
    """The glossaries of one snapshot, ready to be asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._starts: dict[tuple[str, str], list[tuple[_Words, Entry]]] = defaultdict(list)
        self._tokens: dict[Entry, tuple[str, ...]] = {}
        for entry in entries:
            said = [analyse(phrase, entry.language) for phrase in entry.phrases]
            for words in filter(None, map(_in_order, said)):
                self._starts[entry.language, words[0]].append((words, entry))
            # An article that exists in English only is found by what the thing is called there.
            said.append(analyse(entry.english, DEFAULT))
            self._tokens[entry] = tuple(chain.from_iterable(said))
        for phrases in self._starts.values():
            phrases.sort(key=lambda one: -len(one[0]))

    def of(self, tokens: Sequence[str], language: str) -> tuple[str, ...]:
        """The tokens of the other words for what stands in a question of `language`, given by its tokens."""
        said = _in_order(tokens)
        found: dict[Entry, None] = {}
        at = 0
        while at < len(said):
            phrase = self._at(said, at, language)
            if phrase:
                found[phrase[1]] = None
            at += len(phrase[0]) if phrase else 1
        known = set(tokens)
        others = chain.from_iterable(self._tokens[entry] for entry in found)
        return tuple(dict.fromkeys(token for token in others if token not in known))

    def _at(self, said: _Words, at: int, language: str) -> tuple[_Words, Entry] | None:
        for words, entry in self._starts.get((language, said[at]), ()):
            if said[at : at + len(words)] == words:
                return words, entry
        return None


def _in_order(tokens: Sequence[str]) -> _Words:
    """Words and codes in the order of the text, without the parts."""
    return tuple(token for token in tokens if not token.startswith(PART))
