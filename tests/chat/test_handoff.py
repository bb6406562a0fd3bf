"""When the bot gives up, and what happens then: a ticket, whole or not at all, and a silent bot."""

from dataclasses import replace

import pytest

from app.chat.answer import Answer
from app.chat.composer import Brief
from app.chat.conversation import Citation, HandoffReason, Turn, TurnKind
from app.people.person import Person
from app.tickets.desk import Desk
from app.tickets.ticket import By
from tests.chat.conftest import ADDRESS, NOW, Visitor
from tests.chat.help_center import Judge

UNKNOWN = "do you deliver live penguins to antarctica on sundays"


def reason_of(turn: Turn) -> str:
    assert turn.kind is TurnKind.HANDOFF
    assert turn.citations == ()
    assert turn.handoff is not None
    return turn.handoff.reason.value


def test_low_confidence_opens_a_ticket_that_says_everything(
    visitor: Visitor, desk: Desk, agent: Person
) -> None:
    """R0.3, R2.2, complaint 1: number, moment in the visitor's zone, link; the agent sees what was said and tried."""
    visitor.says("how long does a refund take")
    turn = visitor.says(UNKNOWN)
    assert reason_of(turn) == "LOW_CONFIDENCE"
    assert turn.handoff is not None
    number, token = turn.handoff.ticket_number, turn.handoff.token
    assert number in turn.text
    assert "(Madrid)" in turn.text
    assert f"{ADDRESS}/tickets/{number}?token={token}" in turn.text
    assert f'<a href="{ADDRESS}/tickets/{number}?token={token}">' in turn.html
    view = desk.view_for_requester(number, token, NOW)
    assert view.subject == UNKNOWN
    assert (view.first_response_due_at - NOW).total_seconds() <= 24 * 3600
    ticket = desk.view_for_agent(number, agent).ticket
    assert (ticket.reason, ticket.language, ticket.time_zone) == ("LOW_CONFIDENCE", "en", "Europe/Madrid")
    assert ticket.topic is not None
    assert [line.by for line in ticket.transcript] == [By.REQUESTER, By.BOT, By.REQUESTER, By.BOT]
    assert ticket.transcript[1].sources[0].url == "/en/billing/refund-timing"
    assert ticket.transcript[2].text == UNKNOWN
    assert ticket.transcript[3].sources  # what the bot had at hand
    assert visitor.conversation.ticket_number == number


def test_the_tokens_are_not_in_the_database(visitor: Visitor) -> None:
    """P15: hashed at rest, in the stored turn too."""
    turn = visitor.says("agent please", "key-1")
    assert turn.handoff is not None
    with visitor.dialogue.database.reading() as tx:
        everything = [
            str(tx.exec_driver_sql(f"SELECT * FROM {table}").all())
            for table in ("turns", "idempotency", "events", "tickets", "ticket_links", "conversations")
        ]
    assert not any(turn.handoff.token in rows for rows in everything)
    assert visitor.says("agent please", "key-1").handoff


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("get me a human", "ASKED_FOR_PERSON"),
        ("my lawyer will hear about this payment", "SENSITIVE_TOPIC"),
        ("🤷", "NO_ARTICLE"),
        (UNKNOWN, "LOW_CONFIDENCE"),
    ],
)
def test_reasons_at_first_sight(visitor: Visitor, text: str, reason: str) -> None:
    assert reason_of(visitor.says(text)) == reason


def test_danger_is_answered_with_the_emergency_number(visitor: Visitor) -> None:
    turn = visitor.says("I want to kill myself")
    assert reason_of(turn) == "SENSITIVE_TOPIC"
    assert "emergency number" in turn.text


def test_the_same_question_again_means_the_answer_was_not_enough(visitor: Visitor) -> None:
    visitor.says("How long does a refund take?")
    assert reason_of(visitor.says("how long does a REFUND take")) == "REPEATED_QUESTION"


@pytest.mark.parametrize(
    "words", ["no", "No, that does not help!", "tried that already, my card still gets declined"]
)
def test_a_rejected_answer_brings_a_person(visitor: Visitor, desk: Desk, words: str) -> None:
    turn = visitor.says("why did my payment fail")
    rejected = visitor.says(words)
    assert reason_of(rejected) == "ANSWER_REJECTED"
    assert rejected.handoff is not None
    view = desk.view(rejected.handoff.ticket_number)
    assert view.subject == "why did my payment fail"
    assert words in view.timeline[0].text or words == "no"
    assert view.topic == turn.citations[0].family.partition("/")[0]


def test_words_of_rejection_with_nothing_to_reject_are_a_question(visitor: Visitor) -> None:
    assert visitor.says("that does not help, why did my payment fail").kind is TurnKind.ANSWER


def test_an_answer_voted_down_is_not_given_again(visitor: Visitor) -> None:
    turn = visitor.says("why did my payment fail")
    visitor.dialogue.vote(turn.id, False, ("inaccurate",), None, NOW)
    assert reason_of(visitor.says("so why did the payment fail then")) == "ANSWER_REJECTED"


class Broken:
    """A composer that throws."""

    def compose(self, brief: Brief) -> Answer:
        raise RuntimeError("out of words")


class Liar:
    """A composer that cites what is in no article (P18)."""

    def compose(self, brief: Brief) -> Answer:
        hit = brief.hits[0]
        citation = Citation(
            1, hit.family, hit.language, hit.title, hit.url, "You get 500 euros.", False, False
        )
        return Answer("You get 500 euros. [1]", "<p>You get 500 euros. [1]</p>", (citation,))


class Silent:
    """A composer that cites nothing."""

    def compose(self, brief: Brief) -> Answer:
        return Answer("Trust me.", "<p>Trust me.</p>", ())


@pytest.mark.parametrize("composer", [Broken(), Liar(), Silent()])
def test_a_composer_that_fails_hands_off(visitor: Visitor, composer: Broken | Liar | Silent) -> None:
    """P18: what is not covered by a passage is never shown."""
    turn = visitor.with_(replace(visitor.dialogue, composer=composer)).says("why did my payment fail")
    assert reason_of(turn) == "COMPOSER_FAILED"
    assert "500" not in turn.text


def test_picking_none_of_the_choices_twice_brings_a_person(visitor: Visitor, judge: Judge) -> None:
    """Complaint 4: no dead end."""
    judge.verdict = "middling"
    assert visitor.says("my ad").kind is TurnKind.CLARIFICATION
    none = visitor.says("none of these")
    assert none.kind is TurnKind.NOTICE
    assert visitor.says("problem with my ad").kind is TurnKind.CLARIFICATION
    assert reason_of(visitor.says("ad")) == "LOW_CONFIDENCE"


class TestOffer:
    """HANDRAIL_HANDOFF=offer asks first."""

    @pytest.fixture
    def asked(self, visitor: Visitor) -> Visitor:
        return visitor.with_(replace(visitor.dialogue, asks_first=True))

    def test_the_ticket_waits_for_a_yes(self, asked: Visitor, desk: Desk) -> None:
        offer = asked.says(UNKNOWN)
        assert offer.kind is TurnKind.NOTICE
        assert offer.handoff is None
        assert len(offer.choices) == 2
        turn = asked.says(offer.choices[0].text)
        assert reason_of(turn) == "LOW_CONFIDENCE"
        assert turn.handoff is not None
        assert desk.view(turn.handoff.ticket_number).subject == UNKNOWN

    @pytest.mark.parametrize("yes", ["yes please", "sí", "はい"])
    def test_any_yes_will_do(self, asked: Visitor, yes: str) -> None:
        asked.says(UNKNOWN)
        assert asked.says(yes).kind is TurnKind.HANDOFF

    def test_a_no_goes_on(self, asked: Visitor) -> None:
        asked.says(UNKNOWN)
        assert asked.says("no thanks").kind is TurnKind.NOTICE
        assert asked.says("how long does a refund take").kind is TurnKind.ANSWER

    def test_another_question_goes_on_too(self, asked: Visitor) -> None:
        asked.says(UNKNOWN)
        assert asked.says("how long does a refund take").kind is TurnKind.ANSWER

    @pytest.mark.parametrize("text", ["agent please", "my lawyer will call"])
    def test_who_asks_for_a_person_is_not_asked_back(self, asked: Visitor, text: str) -> None:
        assert asked.says(text).kind is TurnKind.HANDOFF


def test_all_reasons_are_reachable() -> None:
    """The enum of api.md, no more and no less."""
    assert [reason.value for reason in HandoffReason] == [
        "LOW_CONFIDENCE", "NO_ARTICLE", "ASKED_FOR_PERSON", "ANSWER_REJECTED", "REPEATED_QUESTION", "SENSITIVE_TOPIC",
        "COMPOSER_FAILED",
    ]  # fmt: skip
