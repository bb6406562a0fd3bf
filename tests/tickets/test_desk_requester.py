"""What requesters do and see."""

from datetime import timedelta
from typing import Any

import pytest

from app.errors import Conflict, Invalid, NotFound
from app.sla.clock import ClockState
from app.tickets.desk import Desk
from app.tickets.opening import LINK_LASTS, OpenedTicket
from app.tickets.ticket import By, Requester, Status
from tests.tickets.conftest import Staff
from tests.tickets.drafts import HOUR, NOW, PLAIN, WHOLE, draft


@pytest.fixture
def opened(desk: Desk) -> OpenedTicket:
    return desk.open(PLAIN, NOW)


def _told(desk: Desk, number: str) -> list[tuple[str, str]]:
    return [(entry.kind, entry.by.value) for entry in desk.view(number).timeline]


def test_the_link_opens_its_ticket_only(desk: Desk, opened: OpenedTicket) -> None:
    """P14, P15: another ticket's token, no token, an old token, a number that is none: the same refusal."""
    other = desk.open(draft(subject="Another"), NOW)
    number, token = opened.ticket.number, opened.token
    assert desk.view_for_requester(number, token, NOW).subject == PLAIN.subject
    assert desk.view_for_requester(number.lower(), token, NOW).number == number
    refusals = []
    for wrong_number, wrong_token, at in (
        (number, other.token, NOW),
        (other.ticket.number, token, NOW),
        (number, "", NOW),
        (number, "\ud800", NOW),
        (number, token, NOW + LINK_LASTS),
        ("H-00000", token, NOW),
        ("1%00", token, NOW),
    ):
        with pytest.raises(NotFound) as refused:
            desk.view_for_requester(wrong_number, wrong_token, at)
        refusals.append((refused.value.detail, refused.value.problems))
    assert len(set(refusals)) == 1


def test_a_view_never_consumes_the_link(desk: Desk, opened: OpenedTicket) -> None:
    """P15: GET never consumes."""
    seen = {desk.view_for_requester(opened.ticket.number, opened.token, NOW) for _ in range(3)}
    assert len(seen) == 1


def test_a_new_link_ends_the_old_one(desk: Desk, staff: Staff, opened: OpenedTicket) -> None:
    """P15: rotation."""
    number = opened.ticket.number
    token = desk.rotate_link(number, staff.ana, NOW + HOUR)
    assert desk.view_for_requester(number, token, NOW + HOUR).number == number
    with pytest.raises(NotFound):
        desk.view_for_requester(number, opened.token, NOW + HOUR)


def test_the_timeline_tells_everything_but_notes(desk: Desk, staff: Staff) -> None:
    """R1.6, R4.12."""
    number = desk.open(WHOLE, NOW).ticket.number
    desk.requester_message(number, "もう一つ", NOW + HOUR)
    desk.note(number, staff.ana, "a secret note", NOW + 2 * HOUR)
    desk.add_contact(number, Requester(phone="+81 90 0000 0000"), NOW + 3 * HOUR)
    desk.assign(number, staff.ana, staff.kenji, NOW + 4 * HOUR)
    desk.reply(number, staff.kenji, "返金しました。", NOW + 5 * HOUR)
    desk.solve(number, staff.kenji, NOW + 6 * HOUR)
    view = desk.view(number)
    assert [(entry.kind, entry.by.value, entry.text, entry.author) for entry in view.timeline] == [
        ("opened", "requester", WHOLE.body, ""),
        ("replied", "requester", "もう一つ", "Pat O'Neil"),
        ("contact_added", "requester", "", ""),
        ("assigned", "agent", "", ""),
        ("replied", "agent", "返金しました。", "Kenji"),
        ("solved", "agent", "", ""),
    ]
    assert "secret" not in repr(view)
    assert view.status is Status.SOLVED
    assert view.first_responded_at == NOW + 5 * HOUR


def test_a_note_moves_nothing_the_requester_sees(desk: Desk, staff: Staff, opened: OpenedTicket) -> None:
    before = desk.view(opened.ticket.number)
    desk.note(opened.ticket.number, staff.ana, "a secret note", NOW + HOUR)
    assert desk.view(opened.ticket.number) == before


def test_public_messages_after_a_point(desk: Desk, staff: Staff, opened: OpenedTicket) -> None:
    number = opened.ticket.number
    desk.requester_message(number, "one", NOW)
    desk.note(number, staff.ana, "two", NOW)
    desk.reply(number, staff.ana, "three", NOW)
    assert [(m.ordinal, m.by, m.text) for m in desk.public_messages(number)] == [
        (1, By.REQUESTER, "one"),
        (3, By.AGENT, "three"),
    ]
    assert [m.text for m in desk.public_messages(number, after=1)] == ["three"]


def test_contact_parts_that_are_not_given_stay(desk: Desk, opened: OpenedTicket) -> None:
    number = opened.ticket.number
    desk.add_contact(number, Requester(name="Pat"), NOW)
    assert desk.view(number).requester == Requester("pat@shop.test", "Pat", None)


@pytest.mark.parametrize(
    "contact", [Requester(), Requester(""), Requester("a@x.test, b@evil.test"), Requester(name="a\u2028b")]
)
def test_wrong_contacts_change_nothing(desk: Desk, opened: OpenedTicket, contact: Requester) -> None:
    before = desk.view(opened.ticket.number)
    with pytest.raises(Invalid):
        desk.add_contact(opened.ticket.number, contact, NOW)
    assert desk.view(opened.ticket.number) == before


@pytest.mark.parametrize("text", ["", " ", "a\x00b", "\ud800", "x" * 20_001])
def test_wrong_messages_change_nothing(desk: Desk, opened: OpenedTicket, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.requester_message(opened.ticket.number, text, NOW)
    assert [problem.field for problem in refused.value.problems] == ["text"]
    assert desk.public_messages(opened.ticket.number) == ()


def test_a_message_on_a_solved_ticket_opens_it_again(desk: Desk, staff: Staff, opened: OpenedTicket) -> None:
    number = opened.ticket.number
    desk.reply(number, staff.ana, "Done.", NOW)
    desk.solve(number, staff.ana, NOW)
    desk.requester_message(number, "No, it is not.", NOW)
    assert desk.view(number).status is Status.OPEN


def test_it_is_solved_and_it_is_not(desk: Desk, staff: Staff, opened: OpenedTicket) -> None:
    number = opened.ticket.number
    with pytest.raises(Conflict):
        desk.reject_solution(number, NOW)
    once = desk.accept_solution(number, NOW + HOUR)
    assert desk.accept_solution(number, NOW + 2 * HOUR) == once
    assert desk.view_for_agent(number, staff.ana).clock.state is ClockState.CANCELLED
    desk.reject_solution(number, NOW + 3 * HOUR)
    view = desk.view(number)
    assert view.status is Status.OPEN
    assert view.first_response_due_at == NOW + timedelta(hours=27)  # they wait again, from that moment
    assert _told(desk, number) == [
        ("opened", "requester"),
        ("solved", "requester"),
        ("reopened", "requester"),
    ]


def test_a_withdrawn_ticket_is_closed_and_nobody_is_late(
    desk: Desk, staff: Staff, opened: OpenedTicket
) -> None:
    number = opened.ticket.number
    desk.withdraw(number, NOW)
    view = desk.view_for_agent(number, staff.ana)
    assert (view.ticket.status, view.clock.state) == (Status.CLOSED, ClockState.CANCELLED)
    verbs: list[tuple[Any, ...]] = [
        (desk.withdraw, number, NOW),
        (desk.requester_message, number, "x", NOW),
        (desk.add_contact, number, Requester(name="x"), NOW),
        (desk.accept_solution, number, NOW),
    ]
    for verb, *arguments in verbs:
        with pytest.raises(Conflict):
            verb(*arguments)


@pytest.mark.parametrize("number", ["H-ZZZZZ", "0", "-1", "１２", "", "H-2N7K4' OR '1'='1"])
def test_verbs_on_no_ticket(desk: Desk, number: str) -> None:
    for verb in (desk.withdraw, desk.accept_solution, desk.reject_solution):
        with pytest.raises(NotFound):
            verb(number, NOW)
    with pytest.raises(NotFound):
        desk.view(number)
