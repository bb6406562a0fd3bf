"""What staff do and see."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from app.errors import Conflict, Invalid, NotAllowed, StaleVersion
from app.sla.clock import ClockState
from app.tickets.desk import Desk
from app.tickets.queues import QueueFilter
from app.tickets.ticket import Status
from tests.tickets.conftest import Staff
from tests.tickets.drafts import HOUR, NOW, PLAIN, WHOLE, draft


@pytest.fixture
def number(desk: Desk) -> str:
    return desk.open(PLAIN, NOW).ticket.number


def test_only_a_persons_public_reply_keeps_the_promise(desk: Desk, staff: Staff, number: str) -> None:
    """R2.2, R4.12: not a note, not an assignment, not the requester."""
    desk.note(number, staff.ana, "looking", NOW + HOUR)
    desk.assign(number, staff.ana, staff.ana, NOW + HOUR)
    desk.hold(number, staff.ana, NOW + HOUR)
    desk.requester_message(number, "hello?", NOW + HOUR)
    assert desk.view_for_agent(number, staff.ana).clock.state is ClockState.RUNNING
    desk.reply(number, staff.ana, "Here I am.", NOW + 2 * HOUR)
    desk.reply(number, staff.ana, "And again.", NOW + 3 * HOUR)
    clock = desk.view_for_agent(number, staff.ana).clock
    assert (clock.state, clock.fulfilled_at) == (ClockState.FULFILLED, NOW + 2 * HOUR)


def test_a_late_reply_is_told_as_a_breach(desk: Desk, staff: Staff, number: str) -> None:
    desk.reply(number, staff.ana, "Sorry.", NOW + 25 * HOUR)
    view = desk.view_for_agent(number, staff.ana)
    assert view.clock.is_breached(NOW + 25 * HOUR)
    assert next(event.data for event in view.events if event.kind == "clock.fulfilled")["breached"] is True


def test_nothing_is_solved_before_a_person_has_answered(desk: Desk, staff: Staff, number: str) -> None:
    """R1.6: every decision is explained."""
    with pytest.raises(Conflict, match="Reply first"):
        desk.solve(number, staff.ana, NOW)
    desk.reply(number, staff.ana, "Refunded.", NOW)
    assert desk.solve(number, staff.ana, NOW).status is Status.SOLVED
    with pytest.raises(Conflict):
        desk.solve(number, staff.ana, NOW)
    with pytest.raises(Conflict):
        desk.reply(number, staff.ana, "More.", NOW)
    assert desk.reopen(number, staff.ana, NOW).status is Status.OPEN


def test_whoever_answers_first_has_the_ticket(desk: Desk, staff: Staff) -> None:
    french = desk.open(draft(language="fr"), NOW).ticket
    assert french.assignee_id is None
    assert desk.reply(french.number, staff.kenji, "Bonjour.", NOW).assignee_id == staff.kenji.id
    assert desk.reply(french.number, staff.ana, "Bonjour.", NOW).assignee_id == staff.kenji.id


def test_every_verb_writes_its_event_with_who_and_when(desk: Desk, staff: Staff, number: str) -> None:
    """R4.12, promises §5.1: one audit trail, nothing missing."""
    desk.assign(number, staff.ana, staff.kenji, NOW + HOUR)
    desk.note(number, staff.kenji, "n", NOW + 2 * HOUR)
    desk.reply(number, staff.kenji, "r", NOW + 3 * HOUR)
    desk.solve(number, staff.kenji, NOW + 4 * HOUR)
    desk.withdraw(number, NOW + 5 * HOUR)
    events = desk.view_for_agent(number, staff.ana).events
    assert [(event.kind, event.actor) for event in events] == [
        ("ticket.opened", "requester"),
        ("clock.started", "system"),
        ("ticket.assigned", staff.ana.actor),
        ("ticket.noted", staff.kenji.actor),
        ("clock.fulfilled", "system"),
        ("ticket.replied", staff.kenji.actor),
        ("ticket.solved", staff.kenji.actor),
        ("ticket.withdrawn", "requester"),
    ]
    assert [event.data["to"] for event in events if "to" in event.data] == [
        "open", "open", "pending", "solved", "closed",
    ]  # fmt: skip
    assert all(event.at == NOW + hours * HOUR for event, hours in zip(events[2:4], (1, 2), strict=True))


def test_editors_and_people_who_left_do_nothing(desk: Desk, staff: Staff, number: str) -> None:
    before = desk.view_for_agent(number, staff.ana)
    for person in (staff.eva, replace(staff.ana, is_active=False)):
        acts: list[tuple[Any, ...]] = [
            (desk.reply, number, person, "x", NOW),
            (desk.note, number, person, "x", NOW),
            (desk.assign, number, person, staff.ana, NOW),
            (desk.hold, number, person, NOW),
            (desk.solve, number, person, NOW),
            (desk.reopen, number, person, NOW),
            (desk.rotate_link, number, person, NOW),
            (desk.view_for_agent, number, person),
            (desk.queue, person, NOW),
        ]
        for act, *arguments in acts:
            with pytest.raises(NotAllowed):
                act(*arguments)
    with pytest.raises(Invalid):
        desk.assign(number, staff.ana, staff.eva, NOW)
    assert desk.view_for_agent(number, staff.ana) == before


def test_a_stale_version_is_refused_and_changes_nothing(desk: Desk, staff: Staff, number: str) -> None:
    read = desk.view_for_agent(number, staff.ana).ticket.version
    desk.note(number, staff.kenji, "I was quicker.", NOW)
    before = desk.view_for_agent(number, staff.ana)
    acts: list[tuple[Any, ...]] = [
        (desk.reply, number, staff.ana, "x", NOW),
        (desk.assign, number, staff.ana, staff.ana, NOW),
        (desk.hold, number, staff.ana, NOW),
    ]
    for act, *arguments in acts:
        with pytest.raises(StaleVersion):
            act(*arguments, version=read)
    assert desk.view_for_agent(number, staff.ana) == before
    assert desk.reply(number, staff.ana, "x", NOW, version=before.ticket.version).version == read + 2


def test_of_many_replies_to_one_version_one_is_sent(desk: Desk, staff: Staff, number: str) -> None:
    """P21, P24: fifty at once, on both databases."""
    sent, refused = [], []
    gate = threading.Barrier(50)

    def answer() -> None:
        gate.wait()
        try:
            sent.append(desk.reply(number, staff.ana, "Mine.", NOW, version=1))
        except StaleVersion as stale:
            refused.append(stale)

    threads = [threading.Thread(target=answer) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent), len(refused)) == (1, 49)
    assert len(desk.public_messages(number)) == 1


def test_messages_at_once_are_all_kept_in_one_order(desk: Desk, staff: Staff, number: str) -> None:
    """P24: no lost message and no number given twice."""
    threads = [
        threading.Thread(target=desk.requester_message, args=(number, f"message {n}", NOW)) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = desk.public_messages(number)
    assert [message.ordinal for message in said] == list(range(1, 21))
    assert {message.text for message in said} == {f"message {n}" for n in range(20)}
    assert desk.view_for_agent(number, staff.ana).ticket.version == 21


def test_the_queue_shows_the_next_promise_first(desk: Desk, staff: Staff) -> None:
    calm = desk.open(PLAIN, NOW).ticket.number
    pressing = desk.open(draft(topic="billing"), NOW + HOUR).ticket.number
    answered = desk.open(draft(), NOW - HOUR).ticket.number
    desk.reply(answered, staff.ana, "Hello.", NOW)
    solved = desk.open(draft(), NOW).ticket.number
    desk.accept_solution(solved, NOW)
    rows = desk.queue(staff.ana, NOW + 8 * HOUR)
    assert [row.number for row in rows] == [pressing, calm, answered]
    assert rows[0].due_at == NOW + 9 * HOUR
    assert (rows[0].is_at_risk, rows[0].is_breached) == (True, False)
    assert (rows[2].due_at, rows[2].is_breached) == (None, False)
    assert rows[0].assignee_name == "Ana"
    assert desk.queue(staff.ana, NOW + 10 * HOUR)[0].is_breached


def test_the_queue_is_filtered_and_bounded(desk: Desk, staff: Staff) -> None:
    desk.open(PLAIN, NOW)
    japanese = desk.open(WHOLE, NOW).ticket.number
    for wanted in (
        QueueFilter(language="ja"),
        QueueFilter(team="billing"),
        QueueFilter(assignee_id=staff.kenji.id),
    ):
        assert [row.number for row in desk.queue(staff.ana, NOW, wanted)] == [japanese]
    assert desk.queue(staff.ana, NOW, QueueFilter(statuses=(Status.SOLVED,))) == ()
    assert len(desk.queue(staff.ana, NOW, limit=1)) == 1


def test_the_agent_sees_what_the_bot_tried(desk: Desk, staff: Staff) -> None:
    number = desk.open(WHOLE, NOW).ticket.number
    view = desk.view_for_agent(number, staff.ana)
    assert view.ticket.transcript == WHOLE.transcript
    assert view.ticket.order == WHOLE.order
    assert view.assignee == staff.kenji
    assert view.team_name == "Billing"
