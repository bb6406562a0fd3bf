"""The table of statuses."""

import pytest

from app.errors import Conflict
from app.tickets.lifecycle import UNSOLVED, Verb, next_status
from app.tickets.ticket import Status


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.NOTE])
def test_a_closed_ticket_takes_notes_only(verb: Verb) -> None:
    with pytest.raises(Conflict, match="closed"):
        next_status(verb, Status.CLOSED)
    assert next_status(Verb.NOTE, Status.CLOSED) is Status.CLOSED


@pytest.mark.parametrize("status", UNSOLVED)
def test_a_reply_waits_for_the_requester_and_their_answer_ends_the_wait(status: Status) -> None:
    assert next_status(Verb.REPLY, status) is Status.PENDING
    assert next_status(Verb.MESSAGE, Status.PENDING) is Status.OPEN


def test_a_new_ticket_stays_new_until_staff_touch_it() -> None:
    assert next_status(Verb.MESSAGE, Status.NEW) is Status.NEW
    assert next_status(Verb.ADD_CONTACT, Status.NEW) is Status.NEW
    assert next_status(Verb.NOTE, Status.NEW) is Status.NEW
    assert next_status(Verb.ASSIGN, Status.NEW) is Status.OPEN


def test_only_what_is_solved_is_reopened_and_nothing_is_solved_twice() -> None:
    assert next_status(Verb.REOPEN, Status.SOLVED) is Status.OPEN
    for status in UNSOLVED:
        with pytest.raises(Conflict):
            next_status(Verb.REOPEN, status)
    with pytest.raises(Conflict):
        next_status(Verb.SOLVE, Status.SOLVED)
    with pytest.raises(Conflict):
        next_status(Verb.REPLY, Status.SOLVED)
