"""Drafts for the tests, and the moment they are made."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.tickets.draft import TicketDraft
from app.tickets.ticket import By, Channel, Money, OrderFacts, Requester, Source, TranscriptLine

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAIN = TicketDraft(
    "Charged twice", "My card was charged twice.", "en", Requester("pat@shop.test"), Channel.IN_APP
)
WHOLE = TicketDraft(
    subject="二重に請求されました",
    body="先週、\n二回請求されました。😀",
    language="ja",
    requester=Requester("pat@shop.test", "Pat O'Neil", "+81 3 0000 0000"),
    channel=Channel.CHAT,
    topic="billing",
    time_zone="Asia/Tokyo",
    transcript=(
        TranscriptLine(NOW - HOUR, By.REQUESTER, "請求が二回?"),
        TranscriptLine(
            NOW - HOUR, By.BOT, "…", "answer", (Source("Charged twice", "/en/billing/charged-twice#why"),)
        ),
    ),
    conversation_id="c1",
    reason="LOW_CONFIDENCE",
    order=OrderFacts("A-1", Money(12345, "EUR"), "TRACK-1", date(2026, 11, 1)),
)


def draft(**changes: Any) -> TicketDraft:
    """A plain valid draft with some fields changed."""
    return replace(PLAIN, **changes)
