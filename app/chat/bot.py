"""What the bot makes of a text: an answer, a question back, a few words, or the insight that a person is due.

It reads the conversation and the index and writes nothing; `dialogue.py` keeps what comes of it.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from app.chat import handoff
from app.chat.answer import notice_html
from app.chat.composer import Brief, Composer
from app.chat.confidence import Confidence
from app.chat.conversation import Choice, Conversation, HandoffReason, Turn, TurnKind
from app.chat.evidence import passages_of, rests_on_evidence, weight_of
from app.chat.follow_up import Found, Lookup
from app.chat.phrases import Phrasebook, words
from app.chat.replies import Replies
from app.chat.small_talk import SmallTalk, small_talk
from app.languages import detect
from app.search.hit import Hit, Results
from app.search.searcher import Searcher

log = structlog.get_logger(__name__)

# A second article is "close" when its score reaches this share of the first one's.
CLOSE = 0.9
MAX_CHOICES = 3

Assess = Callable[[Results, Mapping[str, Any]], Confidence]


@dataclass(frozen=True, slots=True)
class PersonDue:
    """The bot gives up. `text` is what a person has to answer, `said` what the visitor typed just now.

    `found` is what the bot had found, if it had searched. `is_agreed`: the visitor has said yes to a person.
    """

    reason: HandoffReason
    language: str
    text: str
    said: str
    found: Found | None = None
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a visitor says, when, and the language to answer in. `typed` is it word for word."""

    text: str
    language: str
    at: datetime
    typed: str

    def due(self, reason: HandoffReason, found: Found | None = None) -> PersonDue:
        """A person is due for what was said."""
        return PersonDue(reason, self.language, self.text, self.typed, found)


class Bot:
    """One bot serves all conversations; it holds nothing of any of them."""

    def __init__(
        self, searcher: Searcher, assess: Assess, composer: Composer, phrases: Phrasebook, replies: Replies
    ) -> None:
        self._lookup = Lookup(searcher, assess, phrases)
        self._composer = composer
        self._phrases = phrases
        self._replies = replies

    def reply(self, conversation: Conversation, text: str, now: datetime) -> Turn | PersonDue:
        """The next turn of the conversation, or why there is none."""
        said = Said(text, self._language(conversation, text), now, text)
        if choice := _chosen(conversation, text):
            return self._answer_choice(conversation, said, choice)
        if offered := self._answer_to_offer(conversation, said):
            return offered
        if reason := handoff.reason_in_words(conversation, text, self._phrases):
            return said.due(reason)
        if sort := small_talk(text, conversation, self._phrases):
            return self._small_talk(conversation, said, sort)
        if handoff.has_talked_enough(conversation):
            return self.offer(said.due(HandoffReason.ASKED_FOR_PERSON), now)
        return self._answer(conversation, said)

    def offer(self, due: PersonDue, now: datetime) -> Turn:
        """The turn that asks whether a person is wanted, instead of bringing one in."""
        turn = _notice(
            Said(due.text, due.language, now, due.said), self._replies.offer(due.language, due.reason)
        )
        choices = self._replies.offer_choices(due.language)
        return replace(turn, choices=choices, offer=due.reason, searched=due.text)

    def _language(self, conversation: Conversation, text: str) -> str:
        if _chosen(conversation, text):
            return conversation.language  # a title in another language may have been chosen
        for group in ("greeting", "thanks", "goodbye", "person", "helpful"):
            if self._phrases.is_whole(group, text):
                return self._phrases.language_of(group, text, conversation.language)
        return detect(text, conversation.language)

    def _answer_to_offer(self, conversation: Conversation, said: Said) -> Turn | PersonDue | None:
        last = conversation.last
        if last is None or last.offer is None:
            return None
        answer = words(said.text)
        yes, no = (words(choice.text) for choice in last.choices)
        said = replace(said, language=last.language)
        if answer == yes or self._phrases.is_whole("yes", said.text):
            due = replace(said, text=last.asked).due(last.offer)
            return replace(due, is_agreed=True)
        if answer != no and not self._phrases.is_whole("no", said.text):
            return None
        if last.offer is HandoffReason.ASKED_FOR_PERSON:
            # They had asked something when the person was offered: that is answered now.
            return self._answer(conversation, replace(said, text=last.asked))
        return self._small_talk(conversation, said, SmallTalk.REFUSAL)

    def _small_talk(self, conversation: Conversation, said: Said, sort: SmallTalk) -> Turn | PersonDue:
        if sort is SmallTalk.NONE_OF_THESE and handoff.picked_nothing(conversation):
            return said.due(HandoffReason.LOW_CONFIDENCE)
        return replace(_notice(said, self._replies.small_talk(said.language, sort)), small_talk=sort)

    def _answer(self, conversation: Conversation, said: Said) -> Turn | PersonDue:
        found = self._lookup.find(conversation, said.text, said.language)
        if reason := handoff.reason_in_results(conversation, found.results, found.confidence):
            return said.due(reason, found)
        if found.confidence.band == "middling" and (close := _close(found.results)):
            return self._ask_back(said, found, close)
        return self._compose(said, found, found.results.hits)

    def _answer_choice(self, conversation: Conversation, said: Said, choice: Choice) -> Turn | PersonDue:
        asked = conversation.last.asked if conversation.last else ""
        found = self._lookup.find_family(asked, choice, said.language)
        if found is None:
            return self._answer(conversation, said)
        chosen = tuple(hit for hit in found.results.hits if hit.family == choice.family)
        # The visitor said that this is it, so the answer need not doubt it.
        return self._compose(said, found, chosen, is_sure=True)

    def _ask_back(self, said: Said, found: Found, close: tuple[Hit, ...]) -> Turn:
        text = self._replies.clarification(said.language)
        choices = tuple(Choice(label=hit.title, family=hit.family, text=hit.title) for hit in close)
        turn = replace(_notice(said, text), kind=TurnKind.CLARIFICATION, choices=choices)
        return _with_evidence(turn, found)

    def _compose(
        self, said: Said, found: Found, hits: tuple[Hit, ...], *, is_sure: bool = False
    ) -> Turn | PersonDue:
        brief = Brief(
            question=found.searched,
            language=said.language,
            hits=hits,
            is_sure=is_sure or found.confidence.band == "high",
            passages_of=partial(passages_of, found.snapshot),
            weigh=partial(weight_of, found.snapshot),
            others=found.results.others,
        )
        try:
            answer = self._composer.compose(brief)
        except Exception:  # whatever a composer throws, the visitor gets a person (libredesk)
            log.exception("composer failed; handing off")
            return said.due(HandoffReason.COMPOSER_FAILED, found)
        if not rests_on_evidence(answer, brief):
            log.error("composer cited what was not found; handing off")
            return said.due(HandoffReason.COMPOSER_FAILED, found)
        turn = replace(
            _notice(said, answer.text), kind=TurnKind.ANSWER, html=answer.html, citations=answer.citations
        )
        return _with_evidence(turn, found)


def _notice(said: Said, text: str) -> Turn:
    return Turn(
        id=secrets.token_hex(12),
        kind=TurnKind.NOTICE,
        language=said.language,
        text=text,
        html=notice_html(text),
        question=said.typed,
        at=said.at,
    )


def _with_evidence(turn: Turn, found: Found) -> Turn:
    return replace(
        turn,
        confidence=found.confidence,
        degraded=found.results.degraded,
        generation=found.results.generation,
        searched=found.searched,
    )


def _chosen(conversation: Conversation, text: str) -> Choice | None:
    """The choice of the last clarification that the visitor took: by its words, or by its place (`2`)."""
    last = conversation.last
    if last is None or last.kind is not TurnKind.CLARIFICATION:
        return None
    said = words(text)
    for place, choice in enumerate(last.choices, 1):
        if said and said in (words(choice.text), words(choice.label), (str(place),)):
            return choice
    return None


def _close(results: Results) -> tuple[Hit, ...]:
    """The articles between which the visitor has to choose; none when the first one stands clear of the rest."""
    top = results.hits[0].score
    close = tuple(hit for hit in results.hits[:MAX_CHOICES] if hit.score >= CLOSE * top)
    return close if len({words(hit.title) for hit in close}) == len(close) > 1 else ()
