"""Who may do what."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.errors import NotAllowed
from app.people.permissions import ALLOWED, Action, may, require
from app.people.person import Person, Role

AGENT = Person("1", "a@x.test", "A", Role.AGENT, ("en",), (), True, datetime(2026, 1, 1, tzinfo=UTC))


def test_every_role_has_its_line() -> None:
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_somebody_who_left_may_do_nothing(role: Role, action: Action) -> None:
    assert not may(replace(AGENT, role=role, is_active=False), action)


def test_agents_answer_and_editors_do_not_read_tickets() -> None:
    assert may(AGENT, Action.ANSWER_TICKETS)
    assert not may(AGENT, Action.MANAGE_STAFF)
    editor = replace(AGENT, role=Role.EDITOR)
    with pytest.raises(NotAllowed, match=r"editor.*read tickets"):
        require(editor, Action.READ_TICKETS)
    require(replace(AGENT, role=Role.ADMIN), Action.MANAGE_STAFF)
