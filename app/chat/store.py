"""The SQL of the chat. Owns `conversations`, `turns`, `votes` and `idempotency`.

Nothing here decides anything; every function runs in the caller's transaction.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.chat import rows
from app.chat.conversation import Conversation, Turn
from app.errors import NotFound
from app.storage.database import Transaction
from app.storage.tables.chat import conversations, turns, votes
from app.storage.tables.idempotency import idempotency

# What decisions look back on; longer conversations are kept whole all the same.
LATEST_TURNS = 50


def add(tx: Transaction, conversation: Conversation, token_hash: str, page_url: str | None) -> None:
    """Insert a conversation without turns."""
    values = {**rows.of_conversation(conversation), "token_hash": token_hash, "page_url": page_url}
    tx.execute(insert(conversations).values(values))


def get(tx: Transaction, conversation_id: str, *, lock: bool = False) -> Conversation:
    """The conversation with its latest turns; `NotFound` otherwise. `lock` keeps others from adding turns meanwhile."""
    query = select(conversations).where(conversations.c.id == conversation_id)
    row = tx.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound
    latest = _turns(turns.c.conversation_id == conversation_id).order_by(turns.c.ordinal.desc())
    found = tx.execute(latest.limit(LATEST_TURNS)).mappings()
    return rows.to_conversation(row, tuple(rows.to_turn(turn) for turn in found)[::-1])


def token_hash(tx: Transaction, conversation_id: str) -> str | None:
    """What is kept of the token that opens this conversation."""
    return tx.scalar(select(conversations.c.token_hash).where(conversations.c.id == conversation_id))


def change(tx: Transaction, conversation_id: str, **values: object) -> None:
    """Write some columns of a conversation."""
    tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(values))


def add_turn(tx: Transaction, conversation_id: str, turn: Turn) -> None:
    """Append a turn; the conversation must be locked, so that its ordinal is free."""
    mine = turns.c.conversation_id == conversation_id
    ordinal = 1 + (tx.scalar(select(func.max(turns.c.ordinal)).where(mine)) or 0)
    values = {**rows.of_turn(turn), "conversation_id": conversation_id, "ordinal": ordinal}
    tx.execute(insert(turns).values(values))
    change(tx, conversation_id, language=turn.language, last_turn_at=turn.at)


def all_turns(tx: Transaction, conversation_id: str) -> tuple[tuple[int, Turn], ...]:
    """Every turn with its ordinal, oldest first."""
    query = _turns(turns.c.conversation_id == conversation_id).order_by(turns.c.ordinal)
    return tuple((row["ordinal"], rows.to_turn(row)) for row in tx.execute(query).mappings())


def turn(tx: Transaction, turn_id: str) -> Turn:
    """The turn of that id; `NotFound` otherwise."""
    row = tx.execute(_turns(turns.c.id == turn_id)).mappings().first()
    if row is None:
        raise NotFound
    return rows.to_turn(row)


def conversation_of(tx: Transaction, turn_id: str) -> str | None:
    """The id of the conversation that a turn belongs to."""
    return tx.scalar(select(turns.c.conversation_id).where(turns.c.id == turn_id))


def put_vote(tx: Transaction, values: dict[str, Any], one_each: tuple[str, ...]) -> None:
    """Write a vote; an earlier one of the same visitor on the same thing (the columns `one_each`) is replaced."""
    fresh = {name: values[name] for name in ("helpful", "reasons", "comment", "at")}
    _insert(tx, votes, values, one_each, fresh)


def claim(tx: Transaction, values: dict[str, Any]) -> bool:
    """Write a key as running; False if it is there already."""
    return _insert(tx, idempotency, values, ("scope", "key"), None)


def claimed(tx: Transaction, scope: str, key: str) -> dict[str, Any] | None:
    """The row of a key, locked."""
    query = select(idempotency).where(_key_is(scope, key)).with_for_update()
    row = tx.execute(query).mappings().first()
    return dict(row) if row else None


def change_claim(tx: Transaction, scope: str, key: str, made_at: datetime, **values: object) -> bool:
    """Write columns of a key that still runs under the claim made at `made_at`; False if it does not."""
    return tx.execute(update(idempotency).where(_runs(scope, key, made_at)).values(values)).rowcount == 1


def drop_claim(tx: Transaction, scope: str, key: str, made_at: datetime) -> None:
    """Forget a key that still runs under the claim made at `made_at`."""
    tx.execute(delete(idempotency).where(_runs(scope, key, made_at)))


def drop_claims_before(tx: Transaction, at: datetime) -> None:
    """Forget all keys older than `at`."""
    tx.execute(delete(idempotency).where(idempotency.c.created_at < at))


def _turns(wanted: ColumnElement[bool]) -> Any:  # the type of a select of whole tables has no useful name
    # A turn has one vote at most: a conversation has one visitor.
    joined = turns.join(votes, votes.c.turn_id == turns.c.id, isouter=True)
    return select(turns, votes.c.helpful).select_from(joined).where(wanted)


def _insert(
    tx: Transaction,
    table: Table,
    values: dict[str, Any],
    one_each: tuple[str, ...],
    fresh: dict[str, Any] | None,
) -> bool:
    """Insert, or write `fresh` over the row with the same `one_each` (None: leave it); whether a row was written."""
    dialect: Any = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(values)
    if fresh is None:
        statement = statement.on_conflict_do_nothing(index_elements=one_each)
    else:
        statement = statement.on_conflict_do_update(index_elements=one_each, set_=fresh)
    # What comes back tells whether a row was written; the drivers disagree about row counts here.
    return tx.execute(statement.returning(*table.primary_key.columns)).first() is not None


def _key_is(scope: str, key: str) -> ColumnElement[bool]:
    return (idempotency.c.scope == scope) & (idempotency.c.key == key)


def _runs(scope: str, key: str, made_at: datetime) -> ColumnElement[bool]:
    mine = (idempotency.c.status == "running") & (idempotency.c.created_at == made_at)
    return _key_is(scope, key) & mine
