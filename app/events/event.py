"""`Event`: one thing that happened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

SYSTEM = "system"
REQUESTER = "requester"
STAFF = "staff:"

_KIND = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. Its `kind` reads `thing.what_happened_to_it`: `ticket.opened`, `staff.signed_in`.

    `actor` is `system`, `requester`, or `staff:` and that person's id. `data` holds numbers, enums and ids, never
    what people wrote and never a token: the log outlives both. `id` grows with time; 0 means not yet appended.
    """

    at: datetime
    kind: str
    subject_type: str
    subject_id: str
    actor: str
    data: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    id: int = 0

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise ValueError(f"{self.kind!r} is no event kind; write thing.what_happened")
