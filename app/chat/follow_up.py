"""Looks a question up, together with the one before it where it only makes sense after that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.chat.confidence import Confidence
from app.chat.conversation import Choice, Conversation, Turn, TurnKind
from app.chat.phrases import Phrasebook, words
from app.chat.quotation import Asked
from app.search.calibration import Band
from app.search.hit import Results
from app.search.query import Query
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot

# A text of so few words may be half a question; in scripts without spaces a word counts about two characters.
SHORT = 7
SHORT_UNSPACED = 14
# In characters; a chain of follow-ups must not grow without end.
LONGEST_BEFORE = 300
# The share of a short text's words that must stand in the passage for it to be half of the question before.
WORDS_FOUND = 0.8
_ORDER: Mapping[Band, int] = {"low": 0, "middling": 1, "high": 2}
# How deep to look for the article that a visitor chose.
CHOICE_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was searched, and what came of it, all from one snapshot."""

    searched: str
    results: Results
    confidence: Confidence
    snapshot: Snapshot


class Lookup:
    """Searches on behalf of the bot and says how sure it may be of the result."""

    def __init__(
        self,
        searcher: Searcher,
        assess: Callable[[Results, Mapping[str, Any]], Confidence],
        phrases: Phrasebook,
    ) -> None:
        self._searcher = searcher
        self._assess = assess
        self._phrases = phrases

    def find(self, conversation: Conversation, text: str, language: str) -> Found:
        """What fits `text`; as a follow-up of the question before, if that is understood better."""
        alone = self._search(Query(self._phrases.without_greeting(text), language))
        if _is_one_word(text):  # a subject, not yet a question
            alone = _at_most_middling(alone)
        before = _latest_asked(conversation)
        if before is None:
            return alone
        if self._phrases.is_whole("bare", text):
            alone = _at_most_middling(alone)
        if self._refers_back(text, language):
            together = self._continued(before, alone)
            # "Is there an app?" points nowhere: what brings a subject of its own is a question of its own.
            is_bare = self._phrases.is_whole("bare", text)
            return together if is_bare or _speaks_of(together.results, alone.searched) else alone
        goes_on = self._phrases.begins("follow_up", text, language)
        if not goes_on and not (_is_short(text) and alone.confidence.band == "low"):
            return alone
        together = self._together(before, alone)
        if together.confidence.probability <= alone.confidence.probability:
            return alone
        if goes_on:
            return together
        # The words before may carry the whole score: without a sign of going on, the new ones must be found as well.
        return _at_most_middling(together) if _speaks_of(together.results, alone.searched) else alone

    def find_family(self, asked: str, choice: Choice, language: str) -> Found | None:
        """What the chosen article says to the question asked before; None if it is not there any more."""
        for text in (f"{asked} {choice.text}", choice.text):
            found = self._search(Query(text, language, limit=CHOICE_DEPTH))
            if any(hit.family == choice.family for hit in found.results.hits):
                return replace(found, searched=asked or choice.text)
        return None

    def _refers_back(self, text: str, language: str) -> bool:
        if self._phrases.is_whole("bare", text):
            return True
        return _is_short(text) and self._phrases.holds("refers_back", text, language)

    def _continued(self, before: Turn, alone: Found) -> Found:
        """ "How long does it take?" fits many articles; it is asked of the one before."""
        together = self._together(before, alone)
        if _ORDER[together.confidence.band] < _ORDER[alone.confidence.band]:
            return alone
        spoken_of = {citation.family for citation in before.citations}
        best = together.results.hits[0].family if together.results.hits else ""
        return together if best in spoken_of else _at_most_middling(together)

    def _together(self, before: Turn, alone: Found) -> Found:
        first = before.asked if len(before.asked) <= LONGEST_BEFORE else before.question
        return self._search(replace(alone.results.query, text=f"{first[:LONGEST_BEFORE]} {alone.searched}"))

    def _search(self, query: Query) -> Found:
        snapshot = self._searcher.snapshot
        results = self._searcher.search(query)
        while results.generation != snapshot.generation:  # a new index came in between
            snapshot = self._searcher.snapshot
            results = self._searcher.search(query)
        return Found(query.text, results, self._assess(results, snapshot.calibration), snapshot)


def _latest_asked(conversation: Conversation) -> Turn | None:
    asked = (TurnKind.ANSWER, TurnKind.CLARIFICATION)
    return next((turn for turn in reversed(conversation.turns) if turn.kind in asked), None)


def _is_short(text: str) -> bool:
    said = words(text)
    single = sum(len(word) == 1 for word in said)
    return len(said) <= (SHORT_UNSPACED if single * 2 > len(said) else SHORT)


def _speaks_of(results: Results, text: str) -> bool:
    if not results.hits:
        return False
    hit = results.hits[0]
    return Asked(text, hit.language).fit(f"{hit.title}\n{hit.heading}\n{hit.passage}") >= WORDS_FOUND


def _is_one_word(text: str) -> bool:
    said = words(text)
    return len("".join(said)) <= 2 or len(said) == 1


def _at_most_middling(found: Found) -> Found:
    is_high = found.confidence.band == "high"
    return replace(found, confidence=replace(found.confidence, band="middling")) if is_high else found
