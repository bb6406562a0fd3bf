"""When the bot gives up, and what happens then: a ticket, whole or not at all, and a silent bot."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.chat.answer import Answer
from app.chat.composer import Brief
from app.chat.conversation import Citation, Contact, HandoffReason, Turn, TurnKind, turn_json
from app.chat.handover import HandoffRequest
from app.errors import Conflict, Invalid, NotFound
from app.events import log
from app.people.person import Person
from app.tickets.desk import Desk
from app.tickets.ticket import By, Channel
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


def test_the_handoff_json_holds_reason_and_ticket(visitor: Visitor) -> None:
    turn = visitor.says("I want to talk to a human")
    shown = turn_json(turn, {"number": "H-1"})
    assert shown["handoff"] == {"reason": "ASKED_FOR_PERSON", "ticket": {"number": "H-1"}}


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


def test_after_the_handoff_the_bot_is_silent(visitor: Visitor, desk: Desk, agent: Person) -> None:
    """Complaint 3: zero bot messages; what the visitor says reaches the ticket, what the agent says the chat."""
    turn = visitor.says("agent please")
    assert turn.handoff is not None
    number = turn.handoff.ticket_number
    passed = visitor.says("how long does a refund take")
    assert passed.kind is TurnKind.NOTICE
    assert number in passed.text
    assert passed.citations == ()
    desk.note(number, agent, "smells like a bank holiday", NOW)
    desk.reply(number, agent, "Three days, Ana here.", NOW)
    visitor.says("hello")
    said = visitor.dialogue.messages(visitor.opened.id)
    assert [(message.by, message.author) for message in said] == [
        ("visitor", ""), ("bot", ""), ("visitor", ""), ("agent", "Ana"), ("visitor", ""),
    ]  # fmt: skip
    assert [message.text for message in said[2:]] == [
        "how long does a refund take",
        "Three days, Ana here.",
        "hello",
    ]
    assert all("bank holiday" not in message.text for message in said)
    assert len({message.number for message in said}) == 5
    assert visitor.dialogue.messages(visitor.opened.id, after=said[3].number) == said[4:]


def test_a_person_at_the_press_of_a_button(visitor: Visitor, desk: Desk) -> None:
    """Complaint 2, R1.1: at once, with channel, contact and zone; the earlier question is the subject."""
    visitor.says("why did my payment fail")
    request = HandoffRequest(
        "please hurry", Contact("pat@shop.test", "Pat", "+34 600 000 000"), Channel.PHONE, "Asia/Tokyo"
    )
    turn = visitor.dialogue.hand_off(visitor.opened.id, request, NOW)
    assert reason_of(turn) == "ASKED_FOR_PERSON"
    assert "(Tokyo)" in turn.text
    assert turn.handoff is not None
    view = desk.view(turn.handoff.ticket_number)
    assert (view.subject, view.requester.email) == ("why did my payment fail", "pat@shop.test")
    assert "please hurry" in view.timeline[0].text


def test_a_button_pressed_first_of_all_works_too(visitor: Visitor, desk: Desk) -> None:
    turn = visitor.dialogue.hand_off(visitor.opened.id, HandoffRequest(), NOW)
    assert turn.handoff is not None
    assert desk.view(turn.handoff.ticket_number).subject == "I would like to talk to a person."
    assert visitor.dialogue.messages(visitor.opened.id)[0].by == "bot"


def test_pressed_again_there_is_still_one_ticket(visitor: Visitor, desk: Desk) -> None:
    first = visitor.dialogue.hand_off(visitor.opened.id, HandoffRequest(), NOW)
    request = HandoffRequest("one more thing", Contact(email="pat@shop.test"))
    again = visitor.dialogue.hand_off(visitor.opened.id, request, NOW)
    assert again.kind is TurnKind.NOTICE
    assert first.handoff is not None
    view = desk.view(first.handoff.ticket_number)
    assert view.requester.email == "pat@shop.test"
    assert view.timeline[-2].text == "one more thing"


def test_a_wrong_address_leaves_everything_as_it_was(visitor: Visitor) -> None:
    """After any refusal, stored data is unchanged."""
    for contact in (Contact(email="a@x.test, b@evil.test"), Contact(name="two\nlines")):
        with pytest.raises(Invalid):
            visitor.dialogue.hand_off(visitor.opened.id, HandoffRequest(contact=contact), NOW)
        with pytest.raises(Invalid):
            visitor.dialogue.add_contact(visitor.opened.id, contact, NOW)
    with pytest.raises(Invalid):
        visitor.dialogue.add_contact(visitor.opened.id, Contact(), NOW)
    assert visitor.conversation.ticket_number is None
    assert not visitor.conversation.contact.is_given


def test_an_address_given_before_reaches_the_ticket_and_after_corrects_it(
    visitor: Visitor, desk: Desk
) -> None:
    visitor.dialogue.add_contact(visitor.opened.id, Contact(email="pat@shop.test"), NOW)
    turn = visitor.says("agent please")
    assert turn.handoff is not None
    assert desk.view(turn.handoff.ticket_number).requester.email == "pat@shop.test"
    visitor.dialogue.add_contact(visitor.opened.id, Contact(name="Pat"), NOW)
    requester = desk.view(turn.handoff.ticket_number).requester
    assert (requester.email, requester.name) == ("pat@shop.test", "Pat")


def test_a_fresh_link_can_be_had(visitor: Visitor, desk: Desk) -> None:
    with pytest.raises(NotFound):
        visitor.dialogue.ticket_address(visitor.opened.id, NOW)
    assert visitor.dialogue.ticket(visitor.opened.id) is None
    turn = visitor.says("agent please")
    assert turn.handoff is not None
    token = visitor.dialogue.ticket_address(visitor.opened.id, NOW).partition("?token=")[2]
    assert token != turn.handoff.token
    for one in (token, turn.handoff.token):
        assert desk.view_for_requester(turn.handoff.ticket_number, one, NOW)
    assert visitor.dialogue.ticket(visitor.opened.id)


def test_a_handoff_that_fails_leaves_nothing_behind(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: no ticket without its turn (P1)."""
    calls: list[object] = []

    def full(*where: object, **values: object) -> None:
        calls.append(values)
        raise Conflict("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("app.chat.store.change", full)  # the last write but one of a handoff
        with pytest.raises(Conflict):
            visitor.says("agent please")
    assert calls
    with visitor.dialogue.database.reading() as tx:
        for table in ("tickets", "turns", "ticket_clocks"):
            assert tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    assert visitor.says("agent please").kind is TurnKind.HANDOFF


def test_many_at_once_open_one_ticket(visitor: Visitor) -> None:
    """P11: whatever two requests do at once, a conversation has one ticket and no bot speaks after it."""
    with ThreadPoolExecutor(6) as pool:
        turns = list(pool.map(visitor.says, ["agent please", "how long does a refund take"] * 3))
    with visitor.dialogue.database.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM tickets").scalar() == 1
        kinds = list(tx.exec_driver_sql("SELECT kind FROM turns ORDER BY ordinal").scalars())
        events = log.of_subject(tx, "conversation", visitor.opened.id)
    assert kinds.count("handoff") == 1
    assert kinds[-1] == "handoff"
    assert sum(turn.kind is TurnKind.HANDOFF for turn in turns) == 1
    assert [event.kind for event in events][-1] == "conversation.handed_off"


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
