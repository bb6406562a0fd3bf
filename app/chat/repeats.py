"""Retrying is safe: a request that comes again with the same Idempotency-Key does nothing again (P11).

A key is claimed before the work and kept with what was answered, in the transaction of the work itself. A claim whose
process died is free again after a while. Keys belong to one caller and route (`scope`) and are kept for three days.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.chat import store
from app.errors import Conflict, Invalid, Unavailable
from app.storage.database import LOCK_WAIT_S, RETRY_AFTER_S, Database, Transaction

KEPT = timedelta(hours=72)
# No request works for so long; a claim that old belongs to a process that is gone.
CLAIM_LASTS = timedelta(seconds=60)
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one request once. `answered` is what was answered before, if it was.

    `key` is None for a request without one: then everything here does nothing. `stores` is False when the database
    could not even keep the claim.
    """

    scope: str
    key: str | None
    made_at: datetime
    answered: Mapping[str, Any] | None = None
    stores: bool = True

    def require(self) -> None:
        """`Unavailable` if the key could not be claimed: without that, a retry would do the work again."""
        if not self.stores:
            raise Unavailable("The database does not answer at the moment.", retry_after_s=RETRY_AFTER_S)

    def keep(self, tx: Transaction, answer: Mapping[str, Any]) -> None:
        """Keep the answer, in the transaction of the work.

        `Conflict` if another process took the claim over; `Unavailable` if there is no claim to keep it under.
        """
        if self.key is None:
            return
        self.require()
        values = {"status": "done", "response": dict(answer)}
        if not store.change_claim(tx, self.scope, self.key, self.made_at, **values):
            raise Conflict("This request is being worked on already.")


@contextmanager
def claimed(
    database: Database, scope: str, key: str | None, body: str, now: datetime, wait_s: float = LOCK_WAIT_S
) -> Iterator[Claim]:
    """Claim `key` for the work inside; an error sets it free again.

    The work begins without a claim when the database does not take it within `wait_s`; it can then keep nothing.
    `Invalid` when the key came with another body before, `Conflict` while the first request still runs.
    """
    if key is None:
        yield Claim(scope, None, now)
        return
    try:
        claim = _claim(database, scope, key, body, now, wait_s)
    except Unavailable:
        # Reading may still work without writing; what must be written will refuse by itself (P7).
        claim = Claim(scope, key, now, stores=False)
    try:
        yield claim
    except BaseException:
        if claim.answered is None and claim.stores:
            _set_free(database, claim)
        raise


def _claim(database: Database, scope: str, key: str, body: str, now: datetime, wait_s: float) -> Claim:
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid.field("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters")
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    values = {"scope": scope, "key": key, "body_hash": digest, "status": "running", "created_at": now}
    with database.transaction(wait_s=wait_s) as tx:
        store.drop_claims_before(tx, now - KEPT)
        if store.claim(tx, values):
            return Claim(scope, key, now)
        return _claimed_before(tx, values)


def _claimed_before(tx: Transaction, values: Mapping[str, Any]) -> Claim:
    scope, key, now = values["scope"], values["key"], values["created_at"]
    row = store.claimed(tx, scope, key)
    if row is None:
        raise Conflict("This request is being worked on already.")
    if row["body_hash"] != values["body_hash"]:
        raise Invalid.field("Idempotency-Key", "was used before with another body")
    if row["status"] == "done":
        return Claim(scope, key, row["created_at"], answered=row["response"])
    if row["created_at"] > now - CLAIM_LASTS:
        raise Conflict("This request is being worked on already.")
    store.change_claim(tx, scope, key, row["created_at"], created_at=now)
    return Claim(scope, key, now)


def _set_free(database: Database, claim: Claim) -> None:
    try:
        with database.transaction() as tx:
            store.drop_claim(tx, claim.scope, claim.key or "", claim.made_at)
    except Unavailable:
        return  # the claim runs out by itself
