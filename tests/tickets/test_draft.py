"""What a draft may hold (promises §4)."""

from typing import Any

import pytest

from app.errors import Invalid
from app.tickets.draft import check_draft, known_zone
from app.tickets.ticket import Channel, Money, OrderFacts, Requester
from tests.tickets.drafts import PLAIN, WHOLE, draft

MAIL = "pat@shop.test"


@pytest.mark.parametrize("accepted", [PLAIN, WHOLE, draft(requester=Requester()), draft(body="😀")])
def test_accepted(accepted: Any) -> None:
    check_draft(accepted)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "a\r\nBcc: b@evil.test"}, "subject"),
        ({"subject": "a\u2028b"}, "subject"),
        ({"subject": "a\x00b"}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"body": " \n"}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"body": "a\ud800b"}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"language": "tlh"}, "language"),
        ({"topic": "../billing"}, "topic"),
        ({"topic": ""}, "topic"),
        ({"topic": "billing\n"}, "topic"),
        ({"requester": Requester("a@x.test, b@evil.test")}, "email"),
        ({"requester": Requester("")}, "email"),
        ({"requester": Requester(MAIL, "Pat\nO'Neil")}, "name"),
        ({"requester": Requester(MAIL, "Pat", "call me")}, "phone"),
        ({"channel": Channel.PHONE}, "phone"),
        ({"order": OrderFacts("")}, "order.order_id"),
        ({"order": OrderFacts("1", tracking_number="a\nb")}, "order.tracking_number"),
        ({"order": OrderFacts("1", Money(0, "EUR"))}, "order.amount.minor"),
        ({"order": OrderFacts("1", Money(-1, "EUR"))}, "order.amount.minor"),
        ({"order": OrderFacts("1", Money(2**63, "EUR"))}, "order.amount.minor"),
        ({"order": OrderFacts("1", Money(1, "euro"))}, "order.amount.currency"),
    ],
)
def test_refused_with_the_name_of_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_draft(draft(**change))
    assert [problem.field for problem in refused.value.problems] == [field]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check_draft(draft(subject="", body="", requester=Requester("x")))
    assert [problem.field for problem in refused.value.problems] == ["subject", "body", "email"]


def test_time_zones_are_known_or_utc() -> None:
    assert known_zone("Europe/Madrid") == "Europe/Madrid"
    for odd in (
        None,
        "",
        "Etc/Unknown",
        "../../etc/passwd",
        "/etc/passwd",
        "a\x00b",
        "x" * 10_000,
        "Europe",
        "\ud800",
    ):
        assert known_zone(odd) == "UTC", odd
