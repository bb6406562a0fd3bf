"""P11: retrying is safe."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.chat.conversation import Turn, TurnKind
from app.chat.dialogue import Dialogue
from app.chat.handover import HandoffRequest
from app.chat.repeats import CLAIM_LASTS, KEPT, claimed
from app.errors import Conflict, Invalid, Unavailable
from app.storage.database import Database
from app.tickets.desk import Desk
from tests.chat.conftest import NOW, Visitor


def count(visitor: Visitor, table: str) -> int:
    with visitor.dialogue.database.reading() as tx:
        return int(tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


def test_the_same_key_gives_the_stored_turn(visitor: Visitor) -> None:
    first = visitor.says("why did my payment fail", "k")
    assert visitor.says("why did my payment fail", "k") == first
    assert count(visitor, "turns") == 1


def test_a_handoff_repeated_is_the_same_ticket_and_its_link_works(visitor: Visitor, desk: Desk) -> None:
    first, *others = [visitor.says("agent please", "k") for _ in range(5)]
    assert count(visitor, "tickets") == 1
    assert first.handoff is not None
    for turn in others:
        assert turn.handoff is not None
        assert turn.handoff.ticket_number == first.handoff.ticket_number
        assert turn.handoff.token in turn.text
        assert desk.view_for_requester(turn.handoff.ticket_number, turn.handoff.token, NOW)


def test_words_passed_on_are_passed_on_once(visitor: Visitor, desk: Desk) -> None:
    handoff = visitor.says("agent please").handoff
    assert handoff is not None
    turns = [visitor.says("and hurry", "k") for _ in range(3)]
    assert turns[0] == turns[1] == turns[2]
    assert len(desk.public_messages(handoff.ticket_number)) == 1


def test_another_body_with_the_key_is_refused(visitor: Visitor) -> None:
    visitor.says("why did my payment fail", "k")
    with pytest.raises(Invalid) as refused:
        visitor.says("how long does a refund take", "k")
    assert refused.value.problems[0].field == "Idempotency-Key"
    assert count(visitor, "turns") == 1


def test_keys_belong_to_one_conversation_and_route(visitor: Visitor, dialogue: Dialogue) -> None:
    visitor.says("why did my payment fail", "k")
    other = Visitor(dialogue, dialogue.open("en", None, "", None, NOW))
    assert other.says("how long does a refund take", "k").kind is TurnKind.ANSWER
    turn = dialogue.hand_off(other.opened.id, HandoffRequest(), NOW, "k")
    assert turn.kind is TurnKind.HANDOFF
    again = dialogue.hand_off(other.opened.id, HandoffRequest(), NOW, "k")
    assert again.id == turn.id


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\t", "é", "nul\x00"])
def test_an_odd_key_is_refused(visitor: Visitor, key: str) -> None:
    with pytest.raises(Invalid):
        visitor.says("hello", key)


def test_a_storm_of_retries_makes_one_ticket(visitor: Visitor) -> None:
    """Running at once: the same turn or a Conflict, never a second ticket."""

    def retry(_: int) -> Turn | None:
        try:
            return visitor.says("agent please", "k")
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        turns = [turn for turn in pool.map(retry, range(40)) if turn]
    assert len({turn.id for turn in turns}) == 1
    assert count(visitor, "tickets") == count(visitor, "turns") == 1


def test_a_request_still_running_is_a_conflict(database: Database) -> None:
    with claimed(database, "s", "k", "body", NOW) as claim:
        assert claim.answered is None
        with pytest.raises(Conflict), claimed(database, "s", "k", "body", NOW):
            pass


def test_a_request_whose_process_died_can_be_made_again(database: Database) -> None:
    """A killed process leaves its claim behind; the first to come back keeps it from answering twice."""
    dead = claimed(database, "s", "k", "body", NOW)
    claim = dead.__enter__()
    later = NOW + CLAIM_LASTS + timedelta(seconds=1)
    with claimed(database, "s", "k", "body", later) as taken, database.transaction() as tx:
        taken.keep(tx, {"n": 1})
    with pytest.raises(Conflict), database.transaction() as tx:
        claim.keep(tx, {"n": 2})
    with claimed(database, "s", "k", "body", later) as again:
        assert again.answered == {"n": 1}


def test_a_request_that_failed_can_be_made_again(database: Database) -> None:
    with pytest.raises(RuntimeError), claimed(database, "s", "k", "body", NOW):
        raise RuntimeError
    with claimed(database, "s", "k", "other body", NOW) as claim:
        assert claim.answered is None


def test_keys_are_kept_for_three_days(database: Database) -> None:
    with claimed(database, "s", "k", "body", NOW) as claim, database.transaction() as tx:
        claim.keep(tx, {"n": 1})
    with claimed(database, "s", "k", "body", NOW + KEPT) as claim:
        assert claim.answered == {"n": 1}
    with claimed(database, "s", "k", "other", NOW + KEPT + timedelta(seconds=1)) as claim:
        assert claim.answered is None


class NoWrites(Database):
    """A database that can be read but not written."""

    def transaction(self, *, wait_s: float = 0):  # type: ignore[no-untyped-def]
        raise Unavailable("The disk is full.", retry_after_s=5)


def test_a_database_that_cannot_write_costs_the_memory_not_the_answer(visitor: Visitor) -> None:
    """P7: the chat answers extractively with `degraded` named; a handoff, which is a promise, is refused."""
    broken = NoWrites(str(visitor.dialogue.database.url.render_as_string(hide_password=False)))
    try:
        desk = Desk(
            broken,
            *(getattr(visitor.dialogue.desk, f"_{name}") for name in ("directory", "routing", "policies")),
        )
        reader = visitor.with_(replace(visitor.dialogue, database=broken, desk=desk))
        for key in (None, "k"):
            turn = reader.says("why did my payment fail", key)
            assert turn.kind is TurnKind.ANSWER
            assert turn.degraded == ("database",)
        with pytest.raises(Unavailable):
            reader.says("agent please")
    finally:
        broken.close()
    assert count(visitor, "turns") == 0
