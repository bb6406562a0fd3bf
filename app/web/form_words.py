"""What the forms of several pages share: keys that make sending twice harmless, and what people type as it was meant."""

import secrets

from pydantic import BaseModel, ConfigDict


class SentForm(BaseModel):
    """What a page's form sends: its own fields and no others, so that nothing can be slipped in (422)."""

    model_config = ConfigDict(extra="forbid")


def new_key() -> str:
    """A fresh Idempotency-Key for one form."""
    return secrets.token_urlsafe(18)


def plain_lines(text: str) -> str:
    """`text` without the carriage returns that browsers add to every line of a form, and without outer white space."""
    return text.replace("\r\n", "\n").strip()
