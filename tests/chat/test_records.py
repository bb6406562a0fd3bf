"""What is kept when a person takes over: one ticket, one row of messages, a silent bot."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.chat.conversation import Contact, TurnKind
from app.chat.handover import HandoffRequest
from app.errors import Conflict, Invalid, NotFound
from app.events import log
from app.people.person import Person
from app.tickets.desk import Desk
from app.tickets.ticket import Channel
from tests.chat.conftest import NOW, Visitor


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
    assert turn.handoff is not None
    assert turn.handoff.reason == "ASKED_FOR_PERSON"
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
