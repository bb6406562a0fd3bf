"""Who may see a conversation: whoever bears its token, which is told once and kept as a digest."""

import hashlib
import hmac
import re
import secrets

from app.chat import store
from app.errors import NotFound
from app.storage.database import Transaction

_ID = re.compile("[0-9a-f]{24}")


def new_id() -> str:
    """A new conversation's id: 96 random bits."""
    return secrets.token_hex(12)


def new_token() -> str:
    """A new conversation's token: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token. It is random and long, so that a plain digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def known_id(text: str) -> str:
    """`text` if it can be an id of ours; `NotFound` before a database sees anything odd."""
    if not _ID.fullmatch(text):
        raise NotFound
    return text


def authorize(tx: Transaction, conversation_id: str, token: str) -> None:
    """`NotFound` unless the token opens the conversation, the same for one that does not exist (P14)."""
    kept = store.token_hash(tx, conversation_id) or ""
    if not hmac.compare_digest(kept, digest(token)):
        raise NotFound
