"""The phrasebook: what people say to a bot beside their question, found as whole words in any of the languages.

The phrases lie in `phrases.toml` and `sensitive.toml`. A text is cut into words (single characters in scripts without
spaces) without case, accents, width and punctuation; a phrase matches words, never parts of a word.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app.languages import TAGS
from app.search.tokens import fold

# Longer texts are never small talk, however they begin.
MAX_SMALL_TALK = 40
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Accents and vowel signs that stand as characters of their own belong to the letter before.
_LETTER = f"(?:(?![{_UNSPACED}])[^\\W_]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670])"
_WORD = re.compile(f"[{_UNSPACED}]|{_LETTER}+(?:['’ʼ]{_LETTER}+)*")
_APOSTROPHE = re.compile("['’ʼ]")

Words = tuple[str, ...]
Group = Mapping[str, frozenset[Words]]  # language -> phrases


@dataclass(frozen=True)
class Phrasebook:
    """Groups of phrases by language; `groups["greeting"]["en"]` holds the words of each English greeting."""

    groups: Mapping[str, Group]
    sensitive: Mapping[str, Group]

    def is_whole(self, group: str, text: str) -> bool:
        """Whether `text` is nothing but phrases of `group` and polite words."""
        return _is_made_of(words(text), self._all(group), self._all("polite"))

    def language_of(self, group: str, text: str, prior: str) -> str:
        """The language in which `text` is a phrase of `group`: `prior` if it can be, else the first that can."""
        said = words(text)
        able = [tag for tag in TAGS if _is_made_of(said, self.groups[group][tag], self.groups["polite"][tag])]
        return prior if prior in able or not able else able[0]

    def stands_in(self, group: str, text: str) -> bool:
        """Whether a phrase of `group`, in any language, stands anywhere in `text`."""
        return _stands_in(words(text), self._all(group))

    def holds(self, group: str, text: str, language: str) -> bool:
        """Whether a phrase of `group` in `language` stands anywhere in `text`."""
        return _stands_in(words(text), self.groups[group].get(language, frozenset()))

    def begins(self, group: str, text: str, language: str) -> bool:
        """Whether `text` begins with a phrase of `group` in `language`."""
        said = words(text)
        return any(said[: len(phrase)] == phrase for phrase in self.groups[group].get(language, ()))

    def sensitive_topic(self, text: str) -> str | None:
        """The sensitive topic that `text` touches (a table of `sensitive.toml`), or None."""
        said = words(text)
        for topic, phrases in self._sensitive.items():
            if _stands_in(said, phrases):
                return topic
        return None

    def without_greeting(self, text: str) -> str:
        """`text` without the greeting it begins with; as it is when nothing else is said."""
        found = list(_WORD.finditer(text))
        said = tuple(_plain(match[0]) for match in found)
        longest = max((len(g) for g in self._all("greeting") if said[: len(g)] == g), default=0)
        return text[found[longest].start() :] if 0 < longest < len(found) else text

    def _all(self, group: str) -> frozenset[Words]:
        return self._united[group]

    @cached_property
    def _united(self) -> Mapping[str, frozenset[Words]]:
        return {name: _union(group.values()) for name, group in self.groups.items()}

    @cached_property
    def _sensitive(self) -> Mapping[str, frozenset[Words]]:
        return {topic: _union(group.values()) for topic, group in self.sensitive.items()}


def read_phrasebook(folder: Path = Path(__file__).parent) -> Phrasebook:
    """The shipped phrases."""
    return Phrasebook(_read(folder / "phrases.toml"), _read(folder / "sensitive.toml"))


def words(text: str) -> Words:
    """The words of a text, folded; in scripts without spaces its characters."""
    return tuple(_plain(match[0]) for match in _WORD.finditer(text))


def _plain(word: str) -> str:
    return _APOSTROPHE.sub("", fold(word))


def _read(path: Path) -> dict[str, dict[str, frozenset[Words]]]:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: {
            language: frozenset(words(phrase) for phrase in phrases) for language, phrases in group.items()
        }
        for name, group in raw.items()
    }


def _union(sets: Iterable[frozenset[Words]]) -> frozenset[Words]:
    return frozenset().union(*sets)


def _stands_in(said: Words, phrases: frozenset[Words]) -> bool:
    lengths = {len(phrase) for phrase in phrases}
    return any(
        said[at : at + length] in phrases for length in lengths for at in range(len(said) - length + 1)
    )


def _is_made_of(said: Words, phrases: frozenset[Words], fillers: frozenset[Words]) -> bool:
    """Whether `said` can be cut into phrases and fillers with at least one phrase among them."""
    if not 0 < len(said) <= MAX_SMALL_TALK:
        return False
    longest = max(len(phrase) for phrase in phrases | fillers)
    # reached[i]: whether said[:i] can be cut up; the second, with a phrase in it.
    reached = [(True, False)] + [(False, False)] * len(said)
    for end in range(1, len(said) + 1):
        ways = [
            (whole, has_phrase or piece in phrases)
            for start in range(max(0, end - longest), end)
            for whole, has_phrase in [reached[start]]
            if whole and ((piece := said[start:end]) in phrases or piece in fillers)
        ]
        reached[end] = (bool(ways), any(has_phrase for _, has_phrase in ways))
    return reached[-1][1]
